"""How a sample is prepared belongs to the weights: written down with them, and done again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from protonet.convert.datum_columns import READ
from protonet.convert.encoded_pictures import Encoding
from protonet.data.header import Header
from protonet.data.layout import IMAGE
from protonet.errors import DataError, ShapeError
from protonet.records import shortened
from protonet.run.decoding import decoding_of, sample_shape
from protonet.run.sets import OpenSet
from protonet.run.source import OpenSource
from protonet.snapshot import Evaluation, Stored, read_evaluation
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.transforms.channels import reorder
from protonet.zoo.address import is_address
from protonet.zoo.find import find
from protonet.zoo.folder import model_in
from protonet.zoo.model import WEIGHTS

_IMAGE_AXES = 3


def evaluation_of(opened: OpenSet) -> Evaluation:
    """Return how evaluation prepares a sample of this set, and what its classes are called."""
    first = opened.first
    return Evaluation(
        input=first.image,
        shape=first.pipeline.shape,
        transform=tuple(first.pipeline.describe()),
        channels=first.channels,
        classes=opened.classes,
        stored=stored_of(first.header),
    )


def stored_of(header: Header) -> Stored | None:
    """Return what became of image files in a data set; None where it has none."""
    first, made_by = header.fields[0], header.made_by
    if first.kind != IMAGE and (first.shape is None or len(first.shape) != _IMAGE_AXES):
        return None
    converted = made_by.get("command") in ("convert", READ)
    resize = made_by.get("resize") if converted else None
    encode = made_by.get("encode", "") if converted else ""
    if encode == "kept" and resize:  # the file's own bytes are not those of a scaled picture
        encode = f"jpg:{Encoding().quality}"
    return Stored(
        shape=first.shape,
        dtype=first.dtype,
        channels=header.channels,
        resize=resize,
        encode=encode if encode.startswith("jpg:") else None,
    )


def evaluation_with(weights: str | Path) -> Evaluation | None:
    """Return how samples are prepared for some weights; None where they do not say it.

    Args:
        weights: a file, a snapshot, a run, a model's folder or the weights in it, or a model of the
            zoo that has been pulled.

    Raises: DataError, UsageError or SnapshotError if they are damaged, or not there.
    """
    if is_address(str(weights)):
        return find(str(weights)).model.evaluation
    path = Path(weights)
    model = model_in(path.parent if path.name == WEIGHTS else path)
    return model.evaluation if model else read_evaluation(path)


def prepared_as(opened: OpenSet, kept: Evaluation, weights: str, seed: int) -> tuple[OpenSet, str]:
    """Return a set whose images are prepared as weights want it, and a note where its spec says
    another.

    Args:
        opened: the set, as its spec says.
        kept: what is stored with the weights.
        weights: what they are called.
        seed: of the random choices.

    Raises: DataError if the stored transform cannot work on the set's images.
    """
    own, first = evaluation_of(opened), opened.first
    if kept.input is None or first.image is None or _means(kept) == _means(own):
        return opened, ""
    try:
        changed = _prepared(first, kept, seed)
    except ShapeError as error:
        raise _misfit(opened, weights, error.why) from error
    if changed.pipeline.shape != first.pipeline.shape:
        shapes = " and ".join(map(str, (changed.pipeline.shape, first.pipeline.shape)))
        raise _misfit(opened, weights, f"the samples that it gives and those of the spec: {shapes}")
    note = (
        f"data.{opened.name}: images are prepared as {weights} says, by {_words(kept, own)}; the "
        f"spec says {_words(own, kept)}, and --transform spec does that"
    )
    return replace(opened, sources=(changed, *opened.sources[1:])), note


def _prepared(source: OpenSource, kept: Evaluation, seed: int) -> OpenSource:
    field = source.header.fields[0]
    shape = sample_shape(source.dataset, field)
    context = Context(shape=shape, channels=kept.channels, seed=seed, dtype=field.dtype)
    transform = read_transform(list(kept.transform))
    pipeline = build_pipeline(transform, context)
    decoding = decoding_of(field, transform, context, pipeline, None)
    reordering = reorder(source.header.channels, kept.channels)
    if decoding:
        decoding = replace(decoding, channels_reversed=reordering is not None)
    return replace(
        source,
        pipeline=pipeline,
        reordering=reordering,
        channels=kept.channels,
        decoding=decoding,
    )


def _misfit(opened: OpenSet, weights: str, why: str) -> DataError:
    return DataError(
        f"data.{opened.name}: what {weights} says of preparing images does not fit: {why}; "
        "--transform spec prepares them as the spec says"
    )


def _means(evaluation: Evaluation) -> str:
    """Return what is done to images, so that it can be compared whether it was stored or not."""
    return json.dumps([evaluation.channels, evaluation.transform])


def _words(evaluation: Evaluation, other: Evaluation) -> str:
    """Return what is done to images, with the order of channels where the other has another."""
    steps = [dict(step) for step in evaluation.transform]
    parts = [f"{step.pop('type')} {shortened(step, 40) if step else ''}".strip() for step in steps]
    order = f", as {evaluation.channels}" if evaluation.channels != other.channels else ""
    return (", ".join(parts) or "nothing") + order
