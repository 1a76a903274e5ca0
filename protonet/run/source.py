"""One source of a set, made ready for a net: what it feeds, and what is done to its images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
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
from protonet.run.shares import Shares, shares_of
from protonet.schema import Spec
from protonet.spec.data import TRAIN, SourceSpec
from protonet.spec.net import InputSpec
from protonet.transforms import Context, Pipeline, build_pipeline, plain
from protonet.transforms.channels import ordered, reorder
from protonet.transforms.record import HostFunction, StepError


@dataclass(frozen=True, slots=True)
class OpenSource:
    """One source of a set, ready to be read.

    Attributes:
        found: its records, and where the spec names them.
        fields: input of the net → field of the dataset.
        image: the input that the transforms are for, or None.
        pipeline: what is done to that input.
        reordering: puts its channels into the order that the net expects, or None.
        channels: order of the channels that the first transform takes.
        shares: input of the net → what becomes of the labels that it is fed, where a transform
            makes shares of the classes of them.
    """

    found: Found
    fields: Mapping[str, str]
    image: str | None
    pipeline: Pipeline
    reordering: HostFunction | None
    channels: ChannelOrder | None
    shares: Mapping[str, Shares]

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

    def on_device(self, *, channels_last: bool) -> dict[str, Prepare]:
        """Return what is done, after a batch has travelled, to each input of the net.

        Args:
            channels_last: the memory layout of the images.
        """

        def transform(images: Tensor, batch: Batch) -> Tensor:
            return self.pipeline.device(images, batch.positions, channels_last=channels_last)

        return {**({self.image: transform} if self.image else {}), **self.shares}


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
    wanted = net.input_specs[image] if image else None
    context = _context(found, spec, wanted, statistics)
    try:
        reordering = reorder(found.header.channels, context.channels) if image else None
        pipeline = build_pipeline(found.spec.transform, context)
        _check_order(pipeline.channels, wanted)
    except ShapeError as error:
        raise _refused(found, error) from error
    except DataError as error:
        raise PathError("PN040", (*found.place, "transform"), str(error)) from error
    labels = {blob: field for blob, field in fields.items() if blob != image}
    alone = len(spec.data[str(found.place[1])].sources) == 1
    shares = shares_of(found, labels, net, pipeline, alone=alone)
    shapes = {blob: _shape(found.header, field) for blob, field in fields.items()}
    shapes |= {blob: share.shape for blob, share in shares.items()}
    check_fit(found, net, fields, {**shapes, **({image: pipeline.shape} if image else {})})
    return OpenSource(found, fields, image, pipeline, reordering, context.channels, shares)


def _context(
    found: Found, spec: Spec, wanted: InputSpec | None, statistics: Header | None
) -> Context:
    """Return what the first transform of a source finds.

    Args:
        found: the source.
        spec: the spec.
        wanted: the input of the net that takes its images, or None.
        statistics: header of the training set's source at the same place, or None.
    """
    first, channels = found.header.fields[0], found.header.channels
    if wanted is not None and wanted.channels and not _orders_channels(found.spec):
        channels = wanted.channels
    return Context(
        shape=first.shape or (),
        mean=_as_fed(statistics, "mean", channels),
        std=_as_fed(statistics, "std", channels),
        channels=channels,
        training=found.place[1] == TRAIN,
        seed=spec.solver.random_seed if spec.solver else 0,
        folder=home(spec, *found.place, "transform", "mean_file"),
        dtype=first.dtype,
        label_image=wanted is not None and not getattr(torch, wanted.dtype).is_floating_point,
    )


def _orders_channels(source: SourceSpec) -> bool:
    """Return whether a list of transforms orders channels itself."""
    steps = source.transform
    return isinstance(steps, tuple) and any(step.kind.channels for step in steps)


def _check_order(given: ChannelOrder | None, wanted: InputSpec | None) -> None:
    """Refuse transforms that leave another order of channels than the net expects.

    Raises: ShapeError.
    """
    expected = wanted.channels if wanted else None
    if expected and given != expected:
        name = "ToGray" if expected == "gray" else f"To{expected}"
        raise ShapeError(
            f"the net expects {expected}, and the transforms leave {given}",
            f"let {name} be the last that orders channels",
        )


def _refused(found: Found, error: ShapeError) -> PathError:
    """Return an error of the transforms at its place: the step, or the key of Caffe's map."""
    place, why = (*found.place, "transform"), error.why
    if "transform" not in found.spec.model_fields_set:
        place = (*found.place, "source")
    elif isinstance(error, StepError):
        if isinstance(error.place, int):
            place = (*place, error.place)
        elif error.place in found.spec.transform.model_fields_set:
            place, why = (*place, error.place), why.removeprefix(f"{error.place}: ")
    return PathError("PN041", place, why, hint=error.hint)


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
