"""One source of a set, made ready for a net: what it feeds, and what is done to its images."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from protonet.data.decoding import Decoding
from protonet.data.device_images import DeviceImages
from protonet.data.header import Header
from protonet.data.reader import Batch
from protonet.data.table import Dataset
from protonet.errors import DataError, PathError, ShapeError
from protonet.net.form import Form
from protonet.records import ChannelOrder
from protonet.run.caching import DEVICE, check_on_device, residents
from protonet.run.decoding import decoding_of, sample_shape
from protonet.run.feed import Prepare
from protonet.run.fit import check_classes, check_fit
from protonet.run.found import Found
from protonet.run.label_images import LabelImages, label_images
from protonet.run.paths import home
from protonet.run.shares import Shares, shares_of
from protonet.run.transform_errors import refused
from protonet.run.windows import emptied, filled_blob, filled_blobs, window_steps
from protonet.schema import Spec
from protonet.spec.data import TRAIN, SourceSpec
from protonet.spec.net import InputSpec
from protonet.transforms import Context, Pipeline, build_pipeline, plain
from protonet.transforms.channels import ordered, reorder
from protonet.transforms.record import HostFunction
from protonet.transforms.sizing import rest_of
from protonet.windows.plain import WindowFunction


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
        decoding: what the first transforms do to encoded images as they are decoded, or None.
        label_images: input of the net → what moves it as the image is moved.
    """

    found: Found
    fields: Mapping[str, str]
    image: str | None
    pipeline: Pipeline
    reordering: HostFunction | None
    channels: ChannelOrder | None
    shares: Mapping[str, Shares]
    decoding: Decoding | None = None
    label_images: Mapping[str, LabelImages] = field(default_factory=dict)

    @property
    def dataset(self) -> Dataset:
        """Its records."""
        return self.found.dataset

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        return self.found.header

    @property
    def windows(self) -> WindowFunction | None:
        """What is read of the images, instead of the whole; None reads them whole."""
        cutting = self._cutting()
        return cutting.windows if cutting else None

    @property
    def read(self) -> Mapping[str, str]:
        """What is read: input of the net → field of the dataset, and which part of windows shows
        their image, where that is not all."""
        return {**self.fields, **filled_blobs(self.dataset, self.image)}

    @property
    def works_on_host(self) -> bool:
        """Whether more is done to images than windows are taken of them before they travel."""
        return self.decoding is not None or bool(self._on_host())

    def residents(self, device: torch.device, labels: Collection[str]) -> dict[str, DeviceImages]:
        """Return what gives inputs out of the device's memory, where the spec keeps them there.

        Single numbers travel all the same, and what transforms change on the host.

        Args:
            device: the net's.
            labels: the inputs that are checked on the host, so that they travel as well.

        Raises: DataError if the device has not the room, or a record is damaged.
        """
        if self.found.spec.cache != DEVICE:
            return {}
        moving = {*labels, *self.label_images}
        moving |= {self.image} if self.image and self.works_on_host else set()
        fields = {
            blob: name
            for blob, name in self.fields.items()
            if blob not in moving and _shape(self.header, name)
        }
        windows = {self.image: self.windows} if self.image and self.windows else {}
        return residents(self.found.tables, self.dataset, fields, windows, device)

    def on_host(self) -> list[tuple[str, HostFunction]]:
        """Return what is done before a batch travels, in order, each to one input of the net."""
        images = [(self.image, step) for step in self._on_host()] if self.image else []
        return [*images, *((blob, one.host) for blob, one in self.label_images.items())]

    def _on_host(self) -> list[HostFunction]:
        if self.decoding:
            rest = rest_of(self.decoding.sizing, self.pipeline)
            return [rest.host] if rest.works_on_host else []
        cutting = self._cutting()
        if cutting:
            return [cutting.host] if cutting.works_on_host else []
        steps = [self.reordering] if self.reordering else []
        return [*steps, self.pipeline.host] if self.pipeline.works_on_host else steps

    def _cutting(self) -> Pipeline | None:
        if self.decoding:
            return None
        return self.pipeline.cutting(channels_reversed=self.reordering is not None)

    def on_device(self, *, channels_last: bool) -> dict[str, Prepare]:
        """Return what is done, after a batch has travelled, to each input of the net.

        Args:
            channels_last: the memory layout of the images.
        """

        def transform(images: Tensor, batch: Batch) -> Tensor:
            return self.pipeline.device(images, batch.positions, channels_last=channels_last)

        def windows(images: Tensor, batch: Batch) -> Tensor:
            return emptied(transform(images, batch), batch.arrays[filled_blob(str(self.image))])

        prepare = windows if filled_blobs(self.dataset, self.image) else transform
        return {**({self.image: prepare} if self.image else {}), **self.shares}


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
    try:
        context = _context(found, spec, wanted, statistics)
    except DataError as error:
        raise PathError("PN040", (*found.place, "source"), str(error)) from error
    reordering, pipeline, decoding = _transforms(found, image, wanted, context)
    labels = {blob: field for blob, field in fields.items() if blob != image}
    shares = shares_of(found, labels, net, pipeline, alone=_is_alone(found, spec))
    shapes = {blob: _shape(found.header, field) for blob, field in fields.items()}
    shapes |= {blob: share.shape for blob, share in shares.items()}
    moved = label_images(found, labels, context)
    shapes |= {blob: one.shape for blob, one in moved.items()}
    check_classes(found, statistics)
    check_fit(found, net, fields, {**shapes, **({image: pipeline.shape} if image else {})})
    if moved and decoding:
        decoding = decoding.exact()
    opened = OpenSource(
        found, fields, image, pipeline, reordering, context.channels, shares, decoding, moved
    )
    if found.spec.cache == DEVICE:
        check_on_device(found.place, works_on_host=opened.works_on_host)
    return opened


def _is_alone(found: Found, spec: Spec) -> bool:
    return len(spec.data[str(found.place[1])].sources) == 1


def _transforms(
    found: Found, image: str | None, wanted: InputSpec | None, context: Context
) -> tuple[HostFunction | None, Pipeline, Decoding | None]:
    """Return what is done to the images of a source: reordering, pipeline and decoding.

    Raises: PathError for transforms that cannot work.
    """
    first, transform = found.header.fields[0], found.spec.transform
    try:
        reordering = reorder(found.header.channels, context.channels) if image else None
        steps = window_steps(transform, context) if found.spec.windows else transform
        pipeline = build_pipeline(steps, context)
        _check_order(pipeline.channels, wanted)
        decoding = decoding_of(first, transform, context, pipeline, wanted) if image else None
    except ShapeError as error:
        raise refused(found, error) from error
    except DataError as error:
        raise PathError("PN040", (*found.place, "transform"), str(error)) from error
    if decoding:
        decoding = replace(decoding, channels_reversed=reordering is not None)
    return reordering, pipeline, decoding


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
        shape=sample_shape(found.dataset, first),
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


def _shape(header: Header, field: str) -> tuple[int, ...] | None:
    """Return the shape of a field's records; None where they differ in size."""
    spec = header.field(field)
    return spec.shape if spec else ()
