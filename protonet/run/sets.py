"""The sets of a spec, opened: where their records are, and what is done to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from protonet.data import open_dataset
from protonet.data.dataset import ChunkedDataset
from protonet.data.header import Header
from protonet.data.known import Search, locate
from protonet.data.order import Order
from protonet.data.reader import Batch, HostTransform, Reader
from protonet.errors import DataError, PathError, PathErrors, ShapeError, UsageError
from protonet.net import Net
from protonet.records import ChannelOrder
from protonet.run.feed import Feed, Target
from protonet.run.fit import check_fields, check_labels, check_shapes
from protonet.run.paths import home, near
from protonet.schema import Spec
from protonet.spec.data import KNOWN, TRAIN, DataSpec, is_known
from protonet.transforms import Context, Pipeline, build_pipeline, plain
from protonet.transforms.channels import ordered, reorder
from protonet.transforms.record import HostFunction


@dataclass(frozen=True, slots=True)
class OpenSet:
    """One set, ready to be read.

    Attributes:
        name: its key under `data`.
        spec: what the spec says of it.
        dataset: its records.
        fields: input of the net → field of the dataset.
        image: the input that the transforms are for, or None.
        pipeline: what is done to that input.
        reordering: puts its channels into the order that the net expects, or None.
        channels: order of the channels that the net is fed.
        is_stand_in: whether a fallback is read in place of the known set that the spec names.
    """

    name: str
    spec: DataSpec
    dataset: ChunkedDataset
    fields: Mapping[str, str]
    image: str | None
    pipeline: Pipeline
    reordering: HostFunction | None
    channels: ChannelOrder | None
    is_stand_in: bool

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        return self.dataset.header

    def feed(self, net: Net, *, endless: bool, seed: int = 0, start: int = 0) -> Feed:
        """Return the batches of this set for a net, from batch `start` on.

        On a CPU, batches are gathered when asked for: a thread of its own would take the time from
        the one that trains. Beside a GPU they are gathered ahead.
        """
        order = Order(len(self.dataset), self.spec.shuffle, seed)
        reader = Reader(
            self.dataset,
            self.spec.batch_size,
            order,
            fields=self.fields,
            host=self._host(),
            endless=endless,
            start=start,
            background=net.device.type != "cpu",
        )
        target = Target.of(net)

        def transform(images: Tensor, batch: Batch) -> Tensor:
            return self.pipeline.device(images, batch.positions, channels_last=target.channels_last)

        return Feed(reader, target, self.image, transform)

    def _host(self) -> HostTransform | None:
        """Return what is done before a batch travels, or None where that is nothing."""
        image, steps = self.image, [self.reordering] if self.reordering else []
        if self.pipeline.works_on_host:
            steps.append(self.pipeline.host)
        if image is None or not steps:
            return None

        def change(blobs: dict[str, np.ndarray], positions: np.ndarray) -> dict[str, np.ndarray]:
            images = blobs[image]
            for step in steps:
                images = step(images, positions)
            return {**blobs, image: images}

        return change


def open_sets(
    spec: Spec,
    nets: Mapping[str, Net],
    say: Callable[[str], object],
    status: Callable[[str], None] = lambda text: None,
) -> dict[str, OpenSet]:
    """Open the sets that these nets read, and check that they fit.

    Args:
        spec: the spec; errors are located in it.
        nets: for each set, by its name, the net that it feeds.
        say: takes what a person must know: a set downloaded, another used in its place.
        status: takes how far a download is, as a line that the next one replaces.

    Raises: PathErrors with everything wrong; `protonet.schema.located` adds file and line.
    """
    errors: list[PathError] = []
    opened: dict[str, OpenSet] = {}
    search = Search(progress=lambda done, total: status(_downloaded(done, total)))
    found: dict[str, _Found] = {}
    to_read = _to_read(spec, nets)
    for name in to_read:
        try:
            found[name] = _open(name, spec, search, say)
        except PathError as error:
            errors.append(error)
    statistics = found[TRAIN].dataset.header if TRAIN in found else None
    lost = statistics is None and TRAIN in to_read  # an error already: not one more for each set
    for name, net in nets.items():
        try:
            if name in found and not (lost and _asks_for_statistics(spec.data[name])):
                opened[name] = _prepared(name, spec, net, found[name], statistics)
        except PathErrors as several:
            errors += several.errors
        except PathError as one:
            errors.append(one)
    if errors:
        raise PathErrors(errors)
    return opened


def _downloaded(done: int, total: int) -> str:
    """Return how far a download is, in words; nothing at its end."""
    return f"downloading: {done / 1e6:.1f} of {total / 1e6:.1f} MB" if done < total else ""


def _to_read(spec: Spec, nets: Iterable[str]) -> list[str]:
    """Return the sets to open: those asked for, and `train` where one needs its statistics."""
    names = list(nets)
    if TRAIN in spec.data and TRAIN not in names:
        asking = any(_asks_for_statistics(spec.data[name]) for name in names)
        return [TRAIN, *names] if asking else names
    return names


def _asks_for_statistics(data: DataSpec) -> bool:
    """Return whether a transform says `dataset`, as in `mean: dataset`."""
    written = plain(data.transform)
    steps = [written] if isinstance(written, dict) else written
    return any(value == "dataset" for step in steps for value in step.values())


@dataclass(frozen=True, slots=True)
class _Found:
    """A dataset, and whether it is a fallback's."""

    dataset: ChunkedDataset
    is_stand_in: bool = False


def _open(name: str, spec: Spec, search: Search, say: Callable[[str], object]) -> _Found:
    data = spec.data[name]
    path = data.source
    try:
        if is_known(path):
            found = locate(path, data.fallback, search)
            for note in found.notes:
                say(note)
            asked = path.removeprefix(KNOWN).partition("/")[0]
            return _Found(open_dataset(found.address), found.name != asked)
        return _Found(open_dataset(near(home(spec, "data", name, "source"), path)))
    except (DataError, UsageError) as error:
        raise PathError("PN040", ("data", name, "source"), str(error)) from error


def _prepared(name: str, spec: Spec, net: Net, found: _Found, statistics: Header | None) -> OpenSet:
    data, dataset = spec.data[name], found.dataset
    if statistics is None and _asks_for_statistics(data):
        why = "`dataset` means the training set, and there is no data.train"
        raise PathError("PN040", ("data", name, "transform"), why, hint="give the numbers")
    fields = check_fields(name, data, net, dataset.header)
    first = dataset.header.fields[0].name
    image = next((blob for blob, field in fields.items() if field == first), None)
    wanted = net.input_specs[image].channels if image else None
    stored = dataset.header.channels
    try:
        reordering = reorder(stored, wanted) if image else None
        context = Context(
            shape=dataset.header.fields[0].shape or (),
            mean=_as_fed(statistics, "mean", wanted or stored),
            std=_as_fed(statistics, "std", wanted or stored),
            channels=wanted or stored,
            training=name == TRAIN,
            seed=spec.solver.random_seed if spec.solver else 0,
            folder=home(spec, "data", name, "transform", "mean_file"),
        )
        pipeline = build_pipeline(data.transform, context)
    except ShapeError as error:
        path = ("data", name, "transform" if "transform" in data.model_fields_set else "source")
        raise PathError("PN041", path, error.why, hint=error.hint) from error
    except DataError as error:
        raise PathError("PN040", ("data", name, "transform"), str(error)) from error
    opened = OpenSet(
        name=name,
        spec=data,
        dataset=dataset,
        fields=fields,
        image=image,
        pipeline=pipeline,
        reordering=reordering,
        channels=context.channels,
        is_stand_in=found.is_stand_in,
    )
    _check_fits(opened, net)
    return opened


def _check_fits(opened: OpenSet, net: Net) -> None:
    shapes = {blob: _shape(opened, blob) for blob in opened.fields}
    check_shapes(opened.name, opened.spec, net, shapes, opened.header)
    check_labels(opened.name, net, opened.fields, opened.header)


def _as_fed(
    statistics: Header | None, which: Literal["mean", "std"], channels: ChannelOrder | None
) -> tuple[float, ...] | None:
    """Return a statistic of the training set, in the order in which channels arrive."""
    if statistics is None:
        return None
    return ordered(getattr(statistics, which), statistics.channels, channels)


def _shape(opened: OpenSet, blob: str) -> tuple[int, ...]:
    if blob == opened.image:
        return opened.pipeline.shape
    field = opened.header.field(opened.fields[blob])
    return (field.shape or ()) if field else ()
