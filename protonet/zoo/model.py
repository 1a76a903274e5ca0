"""`model.json`: what a model of the zoo is, where it comes from, and what its files must be."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationError

from protonet.errors import DataError
from protonet.records import Number, Record, Size, Text, custom_error
from protonet.snapshot import Evaluation

MODEL, NET, WEIGHTS = "model.json", "net.yaml", "weights.safetensors"
MODEL_VERSION = 1
"""Grows when an older protonet could no longer use what this one writes."""
MOST_BYTES = 64 << 20
"""Bytes of the largest model.json; a mean image in it takes a few million."""

_FILES = frozenset({NET, WEIGHTS})
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PIECE_BYTES = 1 << 20


def _digest(value: str) -> str:
    if not _SHA256.fullmatch(value):
        raise custom_error("PN014", "no SHA-256", "64 hexadecimal digits, in lower case")
    return value


def _both(files: dict[str, FileFacts]) -> dict[str, FileFacts]:
    if files.keys() != _FILES:  # no other name is taken, so that none can lead elsewhere
        raise custom_error("PN014", f"the files are {NET} and {WEIGHTS}, and no other")
    return files


class FileFacts(Record):
    """What a file must be."""

    size: Size
    """Bytes."""
    sha256: Annotated[Text, AfterValidator(_digest)]
    """SHA-256 of all of it, hexadecimal."""


class Accuracy(Record):
    """One number that the weights reached."""

    metric: Text
    """What was measured: top1, accuracy …"""
    value: Number
    """What it came to."""
    data: Text
    """The samples that it was measured on."""
    by: Text
    """Who measured it, and how."""


class Original(Record):
    """The file that the weights were converted from."""

    url: Text
    """Where it was published."""
    sha256: Annotated[Text, AfterValidator(_digest)]
    """SHA-256 of that file."""


class Model(Record):
    """A model of the zoo."""

    version: Size = MODEL_VERSION
    """Version of the format."""
    name: Text
    """What it is called."""
    task: Text
    """What it is for: image classification …"""
    source: Text
    """Who made it, and from what."""
    licence: Text
    """Under which terms it may be used."""
    accuracy: tuple[Accuracy, ...] = ()
    """What the weights are worth."""
    evaluation: Evaluation | None = None
    """How a sample is prepared for these weights, and the names of the classes; null where that is
    not known."""
    parameters: Size
    """Numbers that were learnt, of the net in phase test."""
    multiply_adds: Size
    """Of one sample, in phase test."""
    files: Annotated[dict[str, FileFacts], AfterValidator(_both)]
    """The two other files, by name."""
    original: Original | None = None
    """What the weights were converted from; null for protonet's own."""


def model_bytes(model: Model) -> bytes:
    """Return the contents of a model.json."""
    text = json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False)
    return text.encode() + b"\n"


def read_model(data: bytes, where: str) -> Model:
    """Return what a model.json says.

    Args:
        data: its contents.
        where: it comes from.

    Raises: DataError if it is none, or of a newer protonet.
    """
    try:
        document = json.loads(data)
        version = document.get("version")
    except (ValueError, AttributeError, RecursionError) as error:
        raise DataError(f"{where}: this is no {MODEL}") from error
    if isinstance(version, int) and version > MODEL_VERSION:
        raise DataError(f"{where}: written by a newer protonet; upgrade protonet to use this model")
    try:
        return Model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(ascii(part).strip("'") for part in first["loc"])
        raise DataError(f"{where}: this is no {MODEL}: {place}: {first['msg']}") from error


def facts_of(path: Path) -> FileFacts:
    """Return what a file is.

    Raises: OSError if it cannot be read.
    """
    return FileFacts(size=path.stat().st_size, sha256=digest_of(path))


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Return a checksum of a file, hexadecimal.

    Args:
        path: the file.
        algorithm: sha256 or sha1.

    Raises: OSError if it cannot be read.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def damage_of(folder: Path, model: Model, names: tuple[str, ...] = (NET, WEIGHTS)) -> str:
    """Return what is wrong with files of a model, in words; nothing where they are as they must be.

    Args:
        folder: where they lie.
        model: what they must be.
        names: which of them are read.
    """
    for name in names:
        try:
            found = facts_of(folder / name)
        except OSError as error:
            return f"{name}: {error.strerror or error}"
        if found.size != model.files[name].size:
            return f"{name}: {found.size:,} bytes, and the model's has {model.files[name].size:,}"
        if found.sha256 != model.files[name].sha256:
            return f"{name}: its SHA-256 is {found.sha256}, not {model.files[name].sha256}"
    return ""
