"""A step that failed, written down so that it can be made again.

A replay is a folder that appears complete or not at all::

    replay_iter_123/spec.yaml            the resolved spec
    replay_iter_123/weights.safetensors  every parameter and statistic before the update
    replay_iter_123/state.safetensors    what the optimizers remember
    replay_iter_123/batch.safetensors    `0/data`, `0/label`, `1/data` …: the batches of the
                                         iteration as the net takes them
    replay_iter_123/replay.json          all else, and the checksums of the others
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from pydantic import ValidationError
from safetensors import SafetensorError
from torch import Tensor

from protonet.errors import SnapshotError, StorageError, UsageError
from protonet.records import Count, Integer, Number, Record, Size, Text
from protonet.snapshot import Machine

VERSION = 1
SPEC, FACTS = "spec.yaml", "replay.json"
_WEIGHTS, _STATE, _BATCH = "weights.safetensors", "state.safetensors", "batch.safetensors"
Batches = list[dict[str, Tensor]]


class Facts(Record):
    """What is no tensor."""

    version: Count = VERSION
    """Version of the format."""
    iteration: Size
    """Number of the iteration, from 0."""
    seed: Integer
    """The random numbers inside the net follow from it, the iteration, and the rank."""
    lr: Number
    """Learning rate of the iteration."""
    records: Count
    """Records of the training set."""
    samples: Count
    """Samples of one iteration."""
    rows: tuple[tuple[Size, ...], ...]
    """Numbers of the records in each batch."""
    machine: Machine
    """What it was computed with."""
    rank: Size = 0
    """The process, of several, whose part of the batches this is."""
    what: Text
    """What was not finite first, in words."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One step that failed.

    Attributes:
        facts: what is no tensor.
        spec: the resolved spec, as YAML.
        weights: before the update, by `layer/parameter`.
        state: what the optimizers remember.
        batches: the blobs of each, by input.
    """

    facts: Facts
    spec: str
    weights: dict[str, Tensor]
    state: dict[str, Tensor]
    batches: Batches


def write_replay(path: Path, replay: Replay) -> None:
    """Write a replay; what stands there is replaced.

    Raises: StorageError if the disk refuses; nothing is left of the attempt then.
    """
    partial = path.with_name(f".{path.name}.partial")
    blobs = {
        f"{number}/{name}": tensor
        for number, batch in enumerate(replay.batches)
        for name, tensor in batch.items()
    }
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        files = {
            SPEC: replay.spec.encode(),
            _WEIGHTS: packed(replay.weights),
            _STATE: packed(replay.state),
            _BATCH: packed(blobs),
        }
        body: dict[str, Any] = {
            "replay": replay.facts.model_dump(mode="json"),
            "checksums": {name: _checksum(data) for name, data in files.items()},
        }
        files[FACTS] = json.dumps({**body, "checksum": _sum_of(body)}, indent=1).encode()
        for name, data in files.items():
            _write(partial / name, data)
        shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_replay(path: Path) -> Replay:
    """Read a replay and verify its checksums.

    Raises: UsageError if there is none; SnapshotError if it is damaged, or of a newer protonet.
    """
    if not (path / FACTS).is_file():
        raise UsageError(
            f"{path}: is no replay; name a folder replay_iter_… of a run, which has a {FACTS}"
        )
    facts, checksums = _facts(path)
    files = {name: _read(path, name, checksums) for name in (SPEC, _WEIGHTS, _STATE, _BATCH)}
    tensors = {name: _tensors(path, name, files[name]) for name in (_WEIGHTS, _STATE, _BATCH)}
    batches: Batches = [{} for _ in facts.rows]
    try:
        for key, tensor in tensors[_BATCH].items():
            number, _, name = key.partition("/")
            batches[int(number)][name] = tensor
    except (ValueError, IndexError) as error:
        raise _damaged(path, _BATCH, f"it has a blob {key}") from error
    return Replay(facts, files[SPEC].decode(), tensors[_WEIGHTS], tensors[_STATE], batches)


def packed(tensors: Mapping[str, Tensor]) -> bytes:
    """Return tensors as safetensors, each by itself even where two share memory."""
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    return safetensors.torch.save(plain)


def batches_of(names: Sequence[str], batches: Sequence[tuple[Tensor, ...]]) -> Batches:
    """Return batches by the names of the net's inputs."""
    return [dict(zip(names, batch, strict=True)) for batch in batches]


def _facts(path: Path) -> tuple[Facts, dict[str, str]]:
    try:
        document = json.loads((path / FACTS).read_bytes())
        body = {"replay": document["replay"], "checksums": document["checksums"]}
        whole = document["checksum"] == _sum_of(body)
        version = body["replay"].get("version")
    except OSError as error:
        raise _damaged(path, FACTS, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, FACTS, "it was cut short or changed") from error
    if not whole:
        raise _damaged(path, FACTS, "its checksum is another")
    if isinstance(version, int) and version > VERSION:
        raise SnapshotError(f"{path}: written by a newer protonet; upgrade protonet to replay it")
    try:
        return Facts.model_validate(body["replay"]), body["checksums"]
    except ValidationError as error:
        raise _damaged(path, FACTS, f"{error.error_count()} of its values cannot be") from error


def _read(path: Path, name: str, checksums: Mapping[str, str]) -> bytes:
    try:
        data = (path / name).read_bytes()
    except OSError as error:
        raise _damaged(path, name, error.strerror or str(error)) from error
    if _checksum(data) != checksums.get(name):
        raise _damaged(path, name, "its checksum is another")
    return data


def _tensors(path: Path, name: str, data: bytes) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(data)
    except SafetensorError as error:
        raise _damaged(path, name, str(error)) from error


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        with suppress(OSError):  # some file systems do not flush
            os.fsync(file.fileno())


def _sum_of(body: Mapping[str, Any]) -> str:
    return _checksum(json.dumps(body, sort_keys=True).encode())


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(path: Path, name: str, why: str) -> SnapshotError:
    return SnapshotError(f"{path}: the replay is damaged: {name}: {why}")
