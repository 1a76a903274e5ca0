"""Fields of a prototxt that is about to be written, in the form that a read one has."""

from __future__ import annotations

from collections.abc import Iterable

from protonet.caffe.text_format import Field, Message, Scalar
from protonet.problems import Mark, SourceText

NOWHERE = Mark(SourceText("", ()), 1, 1, 2)
"""The place of what stands in no file yet."""


def text(name: str, value: str) -> Field:
    """Return a field that holds a quoted text."""
    return Field(name, Scalar("text", value, NOWHERE), NOWHERE)


def word(name: str, value: str) -> Field:
    """Return a field that holds a name without quotes."""
    return Field(name, Scalar("word", value, NOWHERE), NOWHERE)


def number(name: str, value: int | float) -> Field:
    """Return a field that holds a number, or a flag as the word for it."""
    if isinstance(value, bool):
        return word(name, "true" if value else "false")
    scalar = Scalar("whole" if isinstance(value, int) else "decimal", value, NOWHERE)
    return Field(name, scalar, NOWHERE)


def group(name: str, fields: Iterable[Field]) -> Field:
    """Return a field that holds a message."""
    return Field(name, message(fields), NOWHERE)


def message(fields: Iterable[Field]) -> Message:
    """Return a message of these fields."""
    return Message(tuple(fields), NOWHERE)


def shape(name: str, sizes: Iterable[int]) -> Field:
    """Return a field that holds a BlobShape."""
    return group(name, (number("dim", size) for size in sizes))
