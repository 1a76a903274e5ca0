"""`push`: a model into a folder of models, from where others pull it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from protonet.data.cache import locked
from protonet.errors import DataError, StorageError, UsageError
from protonet.snapshot import Evaluation
from protonet.snapshot.tensor_file import write_tensors
from protonet.zoo.address import check_name
from protonet.zoo.check import check_files, read_net, totals_of
from protonet.zoo.listing import INDEX, index_bytes
from protonet.zoo.model import (
    MODEL,
    NET,
    WEIGHTS,
    Accuracy,
    Model,
    facts_of,
    model_bytes,
)


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a model.

    Attributes:
        name: it is called.
        task: what it is for.
        source: who made it, and from what.
        licence: its terms.
        accuracy: what it reached.
        evaluation: how a sample is prepared; None where that is not known.
    """

    name: str
    task: str
    source: str
    licence: str
    accuracy: tuple[Accuracy, ...] = ()
    evaluation: Evaluation | None = None


def push(
    folder: Path, about: About, net: str, tensors: Mapping[str, Tensor], *, force: bool = False
) -> Path:
    """Write a model into a folder of models, complete or not at all, and its name into the index.

    Args:
        folder: it is made where it is not there.
        about: what is said of the model.
        net: its net, as YAML.
        tensors: its weights by name.
        force: replace a model of that name.

    Raises: UsageError if the name is none or taken; DataError if the weights are not those of the
        net; StorageError if the disk refuses.
    """
    check_name(about.name, about.name)
    target, partial = folder / about.name, folder / f".{about.name}.partial"
    if os.path.lexists(target) and not force:
        raise UsageError(f"{target}: there is such a model already; replace it: --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", folder):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            _write(partial, about, net, tensors)
            _put(partial, target)
            _write_index(folder)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _write(folder: Path, about: About, net: str, tensors: Mapping[str, Tensor]) -> None:
    (folder / NET).write_text(net, encoding="utf-8")
    spec = read_net(folder / NET)
    write_tensors(folder / WEIGHTS, tensors)
    check_files(folder)
    totals = totals_of(spec)
    model = Model(
        name=about.name,
        task=about.task,
        source=about.source,
        licence=about.licence,
        accuracy=about.accuracy,
        evaluation=about.evaluation,
        parameters=totals.parameters,
        multiply_adds=totals.multiply_adds,
        files={name: facts_of(folder / name) for name in (NET, WEIGHTS)},
    )
    (folder / MODEL).write_bytes(model_bytes(model))


def _put(partial: Path, target: Path) -> None:
    """Give a written folder its name; what has it goes once the new one is there."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if target.exists():
            target.rename(old)
        partial.rename(target)
    except OSError:
        with suppress(OSError):
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_index(folder: Path) -> None:
    """Write the list of the folder's models, for mirrors whose folders cannot be listed."""
    partial = folder / f".{INDEX}.partial"
    with suppress(DataError):  # another model's file is damaged, which its own pull will tell
        partial.write_bytes(index_bytes(folder))
        partial.replace(folder / INDEX)
