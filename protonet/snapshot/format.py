"""One snapshot on the disk: written under another name, flushed, renamed; checked when read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from torch import Tensor

from protonet.errors import SnapshotError, StorageError
from protonet.snapshot.state import STATE_VERSION, State
from protonet.snapshot.tensor_file import Between, read_tensors, write_tensors

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "state.safetensors", "state.json"
Tensors = dict[str, Tensor]


class UnsavedError(StorageError):
    """The disk refused a snapshot; those before it are whole."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that was read and found whole.

    Attributes:
        path: its folder.
        state: what is no tensor.
        weights: every parameter and statistic, by `layer/parameter`.
        optimizer: the optimizer's own state, by name.
    """

    path: Path
    state: State
    weights: Tensors
    optimizer: Tensors


def write_snapshot(
    path: Path,
    state: State,
    weights: Mapping[str, Tensor],
    optimizer: Mapping[str, Tensor],
    between: Between = lambda: None,
) -> None:
    """Write a snapshot; its folder appears complete or not at all.

    Args:
        path: the folder, in one that exists; what stands there is replaced.
        state: what is no tensor.
        weights: by `layer/parameter`, on any device, in any memory format.
        optimizer: by name.
        between: called now and then until the folder is in place; what it raises ends the writing.

    Raises: UnsavedError if the disk refuses; nothing is left of the attempt then, and what stood
        there is there still.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        checksums = {
            name: write_tensors(partial / name, tensors, between)
            for name, tensors in ((WEIGHTS, weights), (OPTIMIZER, optimizer))
        }
        _write(partial / STATE, _stated(state, checksums))
        _flush_folder(partial)
        between()
        _put_in_place(partial, path)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UnsavedError(
            f"{path}: the snapshot cannot be written: {error.strerror or error}. "
            "The snapshots before it are whole; make room and go on with --resume"
        ) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot and verify its checksums.

    Raises: SnapshotError if it is damaged, incomplete, or of a newer protonet.
    """
    state, checksums = _read_state(path)
    tensors = {name: _read_tensors(path, name, checksums) for name in (WEIGHTS, OPTIMIZER)}
    return Snapshot(path, state, tensors[WEIGHTS], tensors[OPTIMIZER])


def read_state(path: Path) -> State:
    """Read `state.json` alone.

    Raises: SnapshotError if it is damaged or missing.
    """
    return _read_state(path)[0]


def put_back(folder: Path) -> None:
    """Put snapshots back in their place whose replacement was cut short by a kill.

    Args:
        folder: of the snapshots.

    Raises: OSError if the disk refuses.
    """
    for old in folder.glob(".iter_*.old"):
        path = old.with_name(old.name.removeprefix(".").removesuffix(".old"))
        if not path.exists():
            old.rename(path)


def _stated(state: State, checksums: Mapping[str, str]) -> bytes:
    body = {"state": state.model_dump(mode="json"), "checksums": dict(checksums)}
    return json.dumps({**body, "checksum": _checksum(_canonical(body))}, indent=1).encode()


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True).encode()


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems do not flush folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(partial: Path, path: Path) -> None:
    """Give a written folder its name. Where that is taken, there is no way to do so in one step
    that every file system knows; `put_back` undoes half of it."""
    put_back(path.parent)
    old = path.with_name(f".{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if path.exists():
            path.rename(old)
        partial.rename(path)
    except BaseException:
        put_back(path.parent)
        raise
    _flush_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _read_state(path: Path) -> tuple[State, dict[str, str]]:
    try:
        document = json.loads((path / STATE).read_bytes())
        body = {"state": document["state"], "checksums": document["checksums"]}
        whole = document["checksum"] == _checksum(_canonical(body))
    except OSError as error:
        raise _damaged(path, STATE, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, STATE, "it was cut short or changed") from error
    if not whole:
        raise _damaged(path, STATE, "its checksum is another")
    version = body["state"].get("version")
    if isinstance(version, int) and version > STATE_VERSION:
        raise SnapshotError(f"{path}: written by a newer protonet; upgrade protonet to go on")
    try:
        return State.model_validate(body["state"]), body["checksums"]
    except ValidationError as error:
        raise _damaged(path, STATE, f"{error.error_count()} of its values cannot be") from error


def _read_tensors(path: Path, name: str, checksums: Mapping[str, str]) -> Tensors:
    try:
        data = (path / name).read_bytes()
        if _checksum(data) != checksums.get(name):
            raise _damaged(path, name, "its checksum is another")
        return read_tensors(data)
    except OSError as error:
        raise _damaged(path, name, error.strerror or str(error)) from error
    except SafetensorError as error:
        raise _damaged(path, name, str(error)) from error


def _damaged(path: Path, name: str, why: str) -> SnapshotError:
    return SnapshotError(f"{path}: the snapshot is damaged: {name}: {why}")
