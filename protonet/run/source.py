"""One source of a set, made ready for a net: what it feeds, and what is done to its images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from protonet.data.dataset import ChunkedDataset
from protonet.data.header import Header
from protonet.data.reader import Batch
from protonet.errors import DataError, PathError, ShapeError
from protonet.net.form import Form
from protonet.records import ChannelOrder
from protonet.run.feed import Prepare
from protonet.run.fit import check_fit
from protonet.run.found import Found
from protonet.run.paths import home
from protonet.schema import Spec
from protonet.spec.data import TRAIN, SourceSpec
from protonet.transforms import Context, Pipeline, build_pipeline, plain
from protonet.transforms.channels import ordered, reorder
from protonet.transforms.record import HostFunction


@dataclass(frozen=True, slots=True)
class OpenSource:
    """One source of a set, ready to be read.

    Attributes:
        found: its records, and where the spec names them.
        fields: input of the net → field of the dataset.
        image: the input that the transforms are for, or None.
        pipeline: what is done to that input.
        reordering: puts its channels into the order that the net expects, or None.
        channels: order of the channels that the net is fed.
    """

    found: Found
    fields: Mapping[str, str]
    image: str | None
    pipeline: Pipeline
    reordering: HostFunction | None
    channels: ChannelOrder | None

    @property
    def dataset(self) -> ChunkedDataset:
        """Its records."""
        return self.found.dataset

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        return self.found.header

    def on_host(self) -> list[HostFunction]:
        """Return what is done to the images before a batch travels, in order."""
        steps = [self.reordering] if self.reordering else []
        return [*steps, self.pipeline.host] if self.pipeline.works_on_host else steps

    def on_device(self, *, channels_last: bool) -> Prepare:
        """Return what is done to the images, in this memory layout, after a batch has travelled."""

        def transform(images: Tensor, batch: Batch) -> Tensor:
            return self.pipeline.device(images, batch.positions, channels_last=channels_last)

        return transform


def open_source(
    found: Found, fields: Mapping[str, str], net: Form, spec: Spec, statistics: Header | None
) -> OpenSource:
    """Make a source ready.

    Args:
        found: its records.
        fields: input of the net → field of the dataset.
        net: the net that it feeds.
        spec: the spec.
        statistics: header of the training set's source at the same place, or None.

    Raises: PathError or PathErrors for transforms that cannot work, or samples that do not fit.
    """
    if statistics is None and asks_for_statistics(found.spec):
        raise _without_statistics(found, spec)
    first = found.header.fields[0]
    image = next((blob for blob, field in fields.items() if field == first.name), None)
    wanted = net.input_specs[image].channels if image else None
    stored = found.header.channels
    context = Context(
        shape=first.shape or (),
        mean=_as_fed(statistics, "mean", wanted or stored),
        std=_as_fed(statistics, "std", wanted or stored),
        channels=wanted or stored,
        training=found.place[1] == TRAIN,
        seed=spec.solver.random_seed if spec.solver else 0,
        folder=home(spec, *found.place, "transform", "mean_file"),
    )
    try:
        reordering = reorder(stored, wanted) if image else None
        pipeline = build_pipeline(found.spec.transform, context)
    except ShapeError as error:
        key = "transform" if "transform" in found.spec.model_fields_set else "source"
        raise PathError("PN041", (*found.place, key), error.why, hint=error.hint) from error
    except DataError as error:
        raise PathError("PN040", (*found.place, "transform"), str(error)) from error
    shapes = {blob: _shape(found.header, field) for blob, field in fields.items()}
    check_fit(found, net, fields, {**shapes, **({image: pipeline.shape} if image else {})})
    return OpenSource(found, fields, image, pipeline, reordering, context.channels)


def _without_statistics(found: Found, spec: Spec) -> PathError:
    why = "`dataset` means the training set, and there is no data.train"
    if TRAIN in spec.data:
        why = "`dataset` means the training set's source at this place, and data.train has none"
    return PathError("PN040", (*found.place, "transform"), why, hint="give the numbers")


def asks_for_statistics(source: SourceSpec) -> bool:
    """Return whether a transform says `dataset`, as in `mean: dataset`."""
    written = plain(source.transform)
    steps = [written] if isinstance(written, dict) else written
    return any(value == "dataset" for step in steps for value in step.values())


def _as_fed(
    statistics: Header | None, which: Literal["mean", "std"], channels: ChannelOrder | None
) -> tuple[float, ...] | None:
    """Return a statistic of the training set, in the order in which channels arrive."""
    if statistics is None:
        return None
    return ordered(getattr(statistics, which), statistics.channels, channels)


def _shape(header: Header, field: str) -> tuple[int, ...]:
    spec = header.field(field)
    return (spec.shape or ()) if spec else ()
