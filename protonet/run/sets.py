"""The sets of a spec, opened: sources that are read in step, as one feed of a net."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protonet.data.chosen import Chosen
from protonet.data.decoding import Decoding
from protonet.data.device_images import DeviceImages
from protonet.data.joined import Joined
from protonet.data.known import Search
from protonet.data.layout import Rows
from protonet.data.order import Order, Ordering, Share
from protonet.data.reader import HostTransform, Reader
from protonet.data.table import Records
from protonet.distributed.group import ALONE, Group
from protonet.errors import PathError, PathErrors
from protonet.net import Net
from protonet.net.form import Form
from protonet.run.feed import Feed, Prepare, Target
from protonet.run.fit import check_batches
from protonet.run.found import Found, find_sources
from protonet.run.inputs import feed_inputs
from protonet.run.opening import Say
from protonet.run.ordering import check_order, order_of
from protonet.run.pulling import downloaded
from protonet.run.source import OpenSource, asks_for_statistics, open_source
from protonet.schema import Spec
from protonet.spec.data import TRAIN, DataSpec
from protonet.transforms.mixing import mixes
from protonet.windows.plain import WindowFunction


@dataclass(frozen=True, slots=True)
class OpenSet:
    """One set, ready to be read.

    Attributes:
        name: its key under `data`.
        spec: what the spec says of it.
        sources: at least one; all hold as many records.
        group: the processes that share its batches.
    """

    name: str
    spec: DataSpec
    sources: tuple[OpenSource, ...]
    group: Group = ALONE

    def __post_init__(self) -> None:
        """Refuse processes that would part two samples which are mixed.

        Raises: PathError.
        """
        mixed = any(mixes(one.found.spec.transform) for one in self.sources)
        size, count = self.spec.batch_size, self.group.count
        if self.name == TRAIN and mixed and not self.group.is_alone and size % (2 * count):
            place = next(iter(self.spec.sources))
            why = f"{count} processes part pairs of samples that are mixed with each other"
            raise PathError(
                "PN041",
                ("data", self.name, *place, "batch_size"),
                f"batches of {size} over {why}",
                hint=f"a multiple of {2 * count} keeps them together",
            )

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.first.dataset)

    @property
    def first(self) -> OpenSource:
        """The first source: the one whose images belong to the weights."""
        return self.sources[0]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Name of each class, by the first source that has classes."""
        named = (source.header.classes for source in self.sources)
        return next((classes for classes in named if classes is not None), None)

    def by_name(self) -> dict[str, OpenSource]:
        """Return the sources by the name of the set; in a list, by `train.0`, `train.1` …"""
        return {".".join(map(str, one.found.place[1:])): one for one in self.sources}

    def order(self, seed: int = 0) -> Ordering:
        """Return the order in which its records are read.

        Raises: DataError if the labels or weights that they are drawn by cannot be drawn by.
        """
        return order_of(self.spec, self.sources, seed)

    def feed(
        self, net: Net, *, endless: bool, seed: int = 0, start: int = 0, whole: bool = False
    ) -> Feed:
        """Return the batches of this set for a net, from batch `start` on.

        Where several processes share them, each gets its part of every batch, or with `whole` every
        batch one process.
        """
        target = Target.of(net)
        return self.fed(target, endless=endless, seed=seed, start=start, whole=whole)

    def fed(
        self, target: Target, *, endless: bool, seed: int = 0, start: int = 0, whole: bool = False
    ) -> Feed:
        """Return the batches as a target wants them; the rest as for `feed`.

        On a CPU, batches are gathered when asked for: a thread of its own would take the time from
        the one that trains. Beside a GPU they are gathered ahead.
        """
        records, fields = self._records()
        resident: dict[str, DeviceImages] = {}
        for one in self.sources:
            resident |= one.residents(target.device, target.labels)
        reader = Reader(
            records,
            self.spec.batch_size,
            self.order(seed),
            fields={blob: name for blob, name in fields.items() if blob not in resident},
            host=_host_of(self.sources),
            windows=self._windows(),
            decodings=self._decodings(),
            resident=resident,
            travel=target.travel(fields),
            endless=endless,
            share=Share(self.group.rank, self.group.count, whole),
            start=start,
            background=target.device.type != "cpu",
        )
        return self._feed(reader, target)

    def chosen(self, net: Net, rows: Rows) -> Feed:
        """Return a feed that gives some records, once.

        Args:
            net: that is fed.
            rows: numbers of the records, in the order in which they come.
        """
        records, fields = self._records()
        reader = Reader(
            Chosen(records, rows),
            min(self.spec.batch_size, len(rows)),
            Order(len(rows), shuffle=False),
            fields=fields,
            host=_host_of(self.sources),
            windows=self._windows(),
            decodings=self._decodings(),
            endless=False,
        )
        return self._feed(reader, Target.of(net))

    def _feed(self, reader: Reader, target: Target) -> Feed:
        layout = target.channels_last
        transforms: dict[str, Prepare] = {}
        for one in self.sources:
            transforms |= one.on_device(channels_last=layout)
        return Feed(reader, target, transforms)

    def _records(self) -> tuple[Records, Mapping[str, str]]:
        """Return what is read, and input of the net → field of it."""
        if len(self.sources) == 1:
            return self.first.dataset, self.first.read
        columns: dict[str, tuple[Records, str]] = {
            blob: (source.dataset, field)
            for source in self.sources
            for blob, field in source.fields.items()
        }
        return Joined(columns), {blob: blob for blob in columns}

    def _decodings(self) -> dict[str, Decoding]:
        """Return how encoded images become samples as they are decoded, by input."""
        decodings = ((one.image, one.decoding) for one in self.sources)
        return {image: decoding for image, decoding in decodings if image and decoding}

    def _windows(self) -> dict[str, WindowFunction]:
        """Return what is read of images, for each input that does not take them whole."""
        windows = ((one.image, one.windows) for one in self.sources)
        return {image: taken for image, taken in windows if image and taken}


def _host_of(sources: Sequence[OpenSource]) -> HostTransform | None:
    """Return what is done before a batch travels, or None where that is nothing."""
    steps = [step for one in sources for step in one.on_host()]
    if not steps:
        return None

    def change(blobs: dict[str, np.ndarray], positions: np.ndarray) -> dict[str, np.ndarray]:
        changed = dict(blobs)
        for blob, step in steps:
            changed[blob] = step(changed[blob], positions)
        return changed

    return change


def open_sets(
    spec: Spec,
    nets: Mapping[str, Form],
    say: Say,
    status: Callable[[str], None] = lambda text: None,
) -> dict[str, OpenSet]:
    """Open the sets that these nets read, and check that they fit.

    Args:
        spec: the spec; errors are located in it.
        nets: for each set, by its name, the net that it feeds, with or without weights.
        say: takes what a person must know: a set downloaded, another used in its place.
        status: takes how far a download is, as a line that the next one replaces.

    Raises: PathErrors with everything wrong; `protonet.schema.located` adds file and line.
    """
    errors: list[PathError] = []
    opened: dict[str, OpenSet] = {}
    search = Search(progress=lambda done, total: status(downloaded(done, total)))
    found: dict[str, tuple[Found, ...]] = {}
    to_read = _to_read(spec, nets)
    other = next(iter(nets.values()), None)
    for name in to_read:
        try:
            found[name] = find_sources(name, spec, search, say, nets.get(name, other))
        except PathErrors as several:
            errors += several.errors
    train = found.get(TRAIN, ())
    lost = not train and TRAIN in to_read  # an error already: not one more for each set
    for name, net in nets.items():
        try:
            if name in found and not (lost and _asks_for_statistics(spec.data[name])):
                opened[name] = _prepared(name, spec, net, found[name], train)
        except PathErrors as several:
            errors += several.errors
    if errors:
        raise PathErrors(errors)
    return opened


def _to_read(spec: Spec, nets: Iterable[str]) -> list[str]:
    """Return the sets to open: those asked for, and `train` where one needs its statistics."""
    names = list(nets)
    if TRAIN in spec.data and TRAIN not in names:
        asking = any(_asks_for_statistics(spec.data[name]) for name in names)
        return [TRAIN, *names] if asking else names
    return names


def _asks_for_statistics(data: DataSpec) -> bool:
    return any(asks_for_statistics(source) for source in data.sources.values())


def _prepared(
    name: str, spec: Spec, net: Form, found: Sequence[Found], train: Sequence[Found]
) -> OpenSet:
    """Make a set ready.

    Raises: PathErrors with everything wrong with any of its sources.
    """
    errors: list[PathError] = []
    sources: list[OpenSource] = []
    for number, (one, fields) in enumerate(zip(found, feed_inputs(found, net), strict=True)):
        statistics = train[number].header if number < len(train) else None
        try:
            sources.append(open_source(one, fields, net, spec, statistics))
        except PathErrors as several:
            errors += several.errors
        except PathError as error:
            errors.append(error)
    if errors:
        raise PathErrors(errors)
    check_batches(name, spec.data[name], net)
    check_order(spec.data[name], sources)
    return OpenSet(name, spec.data[name], tuple(sources))
