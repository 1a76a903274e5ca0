"""Prototxt files: opening and decoding them."""

from __future__ import annotations

from pathlib import Path

from protonet.caffe.text_format import MOST_CHARACTERS, Message, parse
from protonet.errors import UsageError


def read_prototxt(path: Path) -> Message:
    """Return the fields of a prototxt file, each with its place.

    Raises: UsageError if the file cannot be opened; SpecError if it is not text format.
    """
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the file's text; bytes that are not UTF-8 survive as surrogates.

    Old nets have comments in any encoding, which must not stop anyone.

    Raises: UsageError if the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            # One byte more than is ever parsed: a file of many GB must not be read whole.
            raw = file.read(MOST_CHARACTERS + 1)
    except OSError as error:
        raise UsageError(f"{path}: {_reason(error)}") from error
    return raw.decode("utf-8", "surrogateescape")


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return f"cannot be read: {error.strerror}"
