"""What a net is fed, as a picture: samples of a set after all transforms, with their labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from protonet.errors import PathError, UsageError
from protonet.net import prove_phases
from protonet.net.form import Form
from protonet.records import suggestion
from protonet.run.board.grid import Cell, grid, pixels_of, plain_caption, stretched
from protonet.run.board.png import Picture, Pixels, class_names
from protonet.run.feed import Target
from protonet.run.sets import OpenSet, open_sets
from protonet.run.source import OpenSource
from protonet.schema import Spec
from protonet.spec.data import TRAIN
from protonet.transforms.arithmetic import Arithmetic

_SIDE = 192
"""Pixels of the longer side of each image."""
_GAP = 4
"""Pixels between an image and its label image."""
_LEAST = 0.005
"""Share of a class that is told."""
_MOST_TOLD = 3
"""Classes, or numbers, of a label that are told."""

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples are shown.

    Attributes:
        name: of the set.
        count: how many samples, at least 1.
        epoch: the epoch that they are the first of.
    """

    name: str = TRAIN
    count: int = 16
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """Samples as the net sees them.

    Attributes:
        picture: all of them.
        count: how many they are.
        notes: how the numbers of each input are shown, a line each.
    """

    picture: Picture
    count: int
    notes: tuple[str, ...]


def preview(spec: Spec, wanted: Wanted) -> Preview:
    """Draw the first samples that an epoch feeds to the net.

    Args:
        spec: the spec; errors are located in it.
        wanted: which samples.

    Raises: UsageError if there is no such set; PathError if it has no images to show; PathErrors
        for data that cannot be read or do not fit; DataError if they are damaged.
    """
    if wanted.name not in spec.data:
        raise UsageError(f"there is no data.{wanted.name}; {suggestion(wanted.name, spec.data)}")
    if wanted.epoch and wanted.name != TRAIN:
        raise UsageError(f"epochs are those of the training: data.{wanted.name} has none")
    stage = spec.data[wanted.name].stage
    stages = [stage] if stage else []
    forms = prove_phases(spec.net, stages=stages)
    phase = "train" if wanted.name == TRAIN else "/".join(["test", *stages])
    opened = open_sets(spec, {wanted.name: forms[phase]}, lambda text: None)[wanted.name]
    try:
        return _drawn(opened, forms[phase], spec, wanted)
    finally:
        for source in opened.sources:
            source.dataset.close()


def _drawn(opened: OpenSet, net: Form, spec: Spec, wanted: Wanted) -> Preview:
    shown = {blob: source for source in opened.sources for blob in _pictures(source)}
    if not shown:
        path = (*opened.first.found.place, "source")
        hint = "images are (C, H, W), of 1 or 3 channels"
        raise PathError("PN041", path, "the set has no images to show", hint=hint)
    samples = _samples(opened, net, spec, wanted)
    views = [_view(blob, source, net, samples[blob]) for blob, source in shown.items()]
    labels = {blob: values for blob, values in samples.items() if blob not in shown}
    captions = list(_captions(labels, opened.classes))
    count = len(views[0].pixels)
    cells = [
        Cell(_beside([view.pixels[row] for view in views]), plain_caption(*captions[row : row + 1]))
        for row in range(count)
    ]
    columns = math.ceil(math.sqrt(count))
    picture = grid(cells, columns=columns, side=_SIDE * len(views))
    return Preview(picture, count, tuple(f"{view.blob}: {view.note}" for view in views))


def _pictures(source: OpenSource) -> Iterator[str]:
    """Yield the inputs of a net that a source feeds with pictures: its image first."""
    shapes = {blob: source.header.field(name) for blob, name in source.fields.items()}
    for blob in sorted(shapes, key=lambda one: one != source.image):
        field = shapes[blob]
        shape = source.pipeline.shape if blob == source.image else (field and field.shape) or ()
        if len(shape) == 3 and shape[0] in (1, 3):
            yield blob


def _samples(opened: OpenSet, net: Form, spec: Spec, wanted: Wanted) -> Mapping[str, Values]:
    """Return the samples, (count, …) for each input of the net."""
    training = wanted.name == TRAIN
    first, size = wanted.epoch * len(opened), opened.spec.batch_size
    feed = opened.fed(
        Target.on_host(net),
        endless=training,
        seed=spec.solver.random_seed if training and spec.solver else 0,
        start=first // size,
    )
    skipped = first % size
    batches = math.ceil((skipped + wanted.count) / size)
    with closing(feed.reader):
        read = list(islice(feed, batches))
    columns = (
        torch.cat(column)[skipped : skipped + wanted.count] for column in zip(*read, strict=True)
    )
    return dict(zip(net.inputs, (column.numpy() for column in columns), strict=True))


@dataclass(frozen=True, slots=True)
class _View:
    """One input's samples, as pictures, and how its numbers became those."""

    blob: str
    pixels: Sequence[Pixels]
    note: str


def _view(blob: str, source: OpenSource, net: Form, values: Values) -> _View:
    channels = net.input_specs[blob].channels or source.channels
    if values.dtype.kind in "biu":
        return _View(blob, [_coloured(image) for image in values], "a colour for each class")
    given, note = values, ""
    if blob == source.image:
        channels = source.pipeline.channels
        given, note = _as_stored(source, values)
    if given.dtype != np.uint8:
        finite = given[np.isfinite(given)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
        given, note = stretched(given), f"stretched: {low:.4g} is black, {high:.4g} white"
    return _View(blob, [pixels_of(image, channels=channels) for image in given], note)


def _as_stored(source: OpenSource, values: Values) -> tuple[Values, str]:
    """Return images as bytes, all arithmetic undone, and what that was; as they are where they were
    no bytes, or it cannot be undone."""
    field = source.header.field(source.fields[str(source.image)])
    if field is None or field.dtype != "uint8":
        return values, ""
    images: torch.Tensor | None = torch.from_numpy(values)
    steps = [step.device for step in source.pipeline.on_device]
    done = [step for step in steps if isinstance(step, Arithmetic)]
    for step in reversed(done):
        images = step.undone(images) if images is not None else None
    if images is None:
        return values, ""
    note = "mean and scale undone" if done else "as stored"
    return np.rint(images.numpy().clip(0, 255)).astype(np.uint8), note


def _coloured(image: Values) -> Pixels:
    """Return a label image, (1 or 3, H, W), with a colour for each class, as Pascal VOC has them:
    the bits of a class go to red, green and blue in turn, the lowest to the highest."""
    classes = image[0].astype(np.int64)
    colours = np.zeros((*classes.shape, 3), np.int64)
    for bit in range(8):
        for channel in range(3):
            colours[..., channel] |= (classes >> (3 * bit + channel) & 1) << (7 - bit)
    return colours.astype(np.uint8)


def _beside(images: Sequence[Pixels]) -> Pixels:
    """Return pictures side by side on white, each at its own size."""
    height = max(len(image) for image in images)
    parts = []
    for number, image in enumerate(images):
        gap = _GAP if number else 0
        room = ((0, height - len(image)), (gap, 0), (0, 0))
        parts.append(np.pad(image, room, constant_values=255))
    return np.concatenate(parts, axis=1)


def _captions(labels: Mapping[str, Values], classes: Sequence[str] | None) -> Iterator[str]:
    """Yield what is said below each sample; nothing at all where there are no labels."""
    texts = {blob: list(told(values, classes)) for blob, values in labels.items()}
    for own in zip(*texts.values(), strict=True):
        named = (f"{blob}: {text}" for blob, text in zip(texts, own, strict=True))
        yield own[0] if len(own) == 1 else "  ".join(named)


def told(values: Values, classes: Sequence[str] | None) -> Iterator[str]:
    """Yield each sample's label, (N, …), in words: a class, the shares of several, or numbers."""
    names = class_names(classes, len(classes)) if classes else []
    rows = values.reshape(len(values), -1)
    for row in rows:
        if len(row) == 1 and row[0] == int(row[0]) and 0 <= row[0] < len(names):
            yield names[int(row[0])]
        elif len(row) == len(names) > 1:
            shares = [place for place in np.argsort(-row, kind="stable") if row[place] >= _LEAST]
            texts = (f"{names[place]} {row[place]:.0%}" for place in shares[:_MOST_TOLD])
            yield ", ".join(texts).removesuffix(" 100%")
        else:
            more = " …" if len(row) > _MOST_TOLD else ""
            yield " ".join(f"{number:g}" for number in row[:_MOST_TOLD]) + more
