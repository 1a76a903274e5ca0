"""What a model says of pictures, told as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protonet.data.place import appearing, disk_errors
from protonet.debug.printed import printed
from protonet.errors import DataError, UsageError
from protonet.predict.features import FeatureFile
from protonet.predict.predictor import Pace, Predicted, predict
from protonet.predict.preparation import Preparation
from protonet.predict.scoring import check_blobs, scores_of
from protonet.predict.telling import CsvTeller, JsonTeller, Naming, Teller, TextTeller
from protonet.predict.windows import WINDOWS
from protonet.run.machine import memory_errors
from protonet.run.model import Model
from protonet.run.output import Output

Form = Literal["text", "csv", "jsonl"]
FEATURES = (".h5", ".hdf5")
"""Endings of files that hold whole blobs."""

_FORMS: dict[str, Form] = {".txt": "text", ".csv": "csv", ".jsonl": "jsonl"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a model.

    Attributes:
        top: how many classes are told of each picture.
        blobs: names of the blobs that are written as they are; empty: scores of classes are told.
        output: name of the blob that holds the scores; None finds it.
        form: how they are told.
        out: the file they go to; None: where `write` says.
        force: replace that file.
        ten_crop: average over ten windows of each picture.
        scale: scale pictures of another size than the data had.
        skip: go on where a picture cannot be read.
        pace: how pictures are read.
    """

    top: int = 5
    blobs: tuple[str, ...] = ()
    output: str | None = None
    form: Form | None = None
    out: Path | None = None
    force: bool = False
    ten_crop: bool = False
    scale: bool = False
    skip: bool = False
    pace: Pace = Pace()


@dataclass(frozen=True, slots=True)
class Done:
    """How many pictures were told of, and left out."""

    pictures: int
    left_out: int


def predict_pictures(
    model: Model,
    paths: Sequence[str],
    wanted: Wanted,
    write: Callable[[str], object],
    output: Output,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Done:
    """Tell what a model says of pictures.

    Args:
        model: the model.
        paths: of the pictures.
        wanted: what is asked, and where it goes.
        write: takes the text where it goes to no file.
        output: shows what was amiss with pictures.
        progress: takes the pictures done, and all of them.

    Raises: UsageError if the model cannot give what is asked; DataError if a picture cannot be
        read, or none can; StorageError if the disk refuses.
    """
    _check_file(wanted)
    views = _views(model, wanted)
    naming = None if wanted.blobs else naming_of(model, wanted.output, wanted.top, output)
    check_blobs(model.net, wanted.blobs)
    blobs = (naming.scores.blob,) if naming else wanted.blobs
    with (
        memory_errors(),
        printed(output.line),
        _teller(naming, wanted, write, paths) as teller,
        closing(predict(model.net, views, blobs, paths, wanted.pace)) as found,
    ):
        return _told(found, teller, wanted.skip, output, lambda done: progress(done, len(paths)))


def _told(
    found: Iterable[Predicted],
    teller: Teller,
    skip: bool,
    output: Output,
    progress: Callable[[int], None],
) -> Done:
    done = left_out = 0
    for predicted in found:
        for rejected in predicted.rejected:
            if not skip:
                raise DataError(f"{rejected.why}; --on-error skip leaves it out")
            output.line(f"left out: {rejected.why}")
        for remark in predicted.remarks:
            output.line(remark)
        teller.take(predicted)
        left_out += len(predicted.rejected)
        done += len(predicted.paths)
        progress(done + left_out)
    if not done:
        raise DataError(f"none of the {left_out} pictures can be read")
    return Done(done, left_out)


def _views(model: Model, wanted: Wanted) -> list[Preparation]:
    windows: Sequence[int | None] = range(WINDOWS) if wanted.ten_crop else [None]
    return [Preparation(model.evaluation, model.seed, wanted.scale, one) for one in windows]


def naming_of(model: Model, blob: str | None, top: int, output: Output) -> Naming:
    """Return what is told of the scores, and say what must be known of that.

    Args:
        model: the model.
        blob: that holds the scores; None finds it.
        top: how many classes are told of each picture.
        output: shows what must be known.

    Raises: UsageError if the net gives no scores of classes.
    """
    scores, classes = scores_of(model.net, blob), model.evaluation.classes
    if scores.note:
        output.line(scores.note)
    if classes is not None and len(classes) != scores.count:
        output.line(
            f"the model names {len(classes)} classes, and {scores.blob} has {scores.count}: "
            "classes are told by number"
        )
        classes = None
    return Naming(scores, classes, min(top, scores.count))


def _check_file(wanted: Wanted) -> None:
    """Refuse a file that does not suit what goes into it."""
    ending = wanted.out.suffix.lower() if wanted.out else ""
    if wanted.blobs and ending not in FEATURES:
        raise UsageError(f"--blob {','.join(wanted.blobs)}: blobs go to a file: --out FILE.h5")
    if wanted.blobs and (wanted.output or wanted.form):
        given = "--output" if wanted.output else "--format"
        raise UsageError(f"--blob writes blobs as they are; {given} is for scores of classes")
    if not wanted.out:
        return
    if ending in FEATURES and wanted.form:
        raise UsageError(f"--format {wanted.form}: {wanted.out} is an HDF5 file by its name")
    if ending not in FEATURES and ending not in _FORMS and not wanted.form:
        known = ", ".join((*_FORMS, *FEATURES))
        raise UsageError(f"--out {wanted.out}: expected a name that ends in {known}, or --format")


def _teller(
    naming: Naming | None,
    wanted: Wanted,
    write: Callable[[str], object],
    paths: Sequence[str],
) -> AbstractContextManager[Teller]:
    """Return what tells: into an HDF5 file, where whole blobs are wanted or it is called so."""
    out = wanted.out
    if naming is None or (out and out.suffix.lower() in FEATURES):
        blobs = (naming.scores.blob,) if naming else wanted.blobs
        classes = naming.classes if naming else None
        return _into_features(out or Path(), blobs, classes, force=wanted.force)
    return _into_text(naming, wanted, write, paths)


@contextmanager
def _into_features(
    out: Path, blobs: Sequence[str], classes: Sequence[str] | None, *, force: bool
) -> Iterator[Teller]:
    with (
        appearing(out, None, force=force) as file,
        FeatureFile(file, out, blobs, classes) as features,
    ):
        yield features


@contextmanager
def _into_text(
    naming: Naming, wanted: Wanted, write: Callable[[str], object], paths: Sequence[str]
) -> Iterator[Teller]:
    out = wanted.out
    if out is None:
        yield _text_teller(naming, wanted.form or "text", write, paths)
        return
    form = wanted.form or _FORMS[out.suffix.lower()]
    with (
        appearing(out, None, force=wanted.force) as file,
        disk_errors(out),
        file.open("w", encoding="utf-8", newline="") as stream,
    ):
        yield _text_teller(naming, form, stream.write, paths)


def _text_teller(
    naming: Naming, form: Form, write: Callable[[str], object], paths: Sequence[str]
) -> Teller:
    if form == "csv":
        return CsvTeller(naming, write)
    return JsonTeller(naming, write) if form == "jsonl" else TextTeller(naming, write, paths)
