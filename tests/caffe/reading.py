"""Texts of prototxt, read and checked as an import does it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from protonet.caffe.check import check
from protonet.caffe.context import Context, Shapes
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message, parse
from protonet.caffe.values import message
from protonet.errors import SpecError
from protonet.layers import LAYERS
from protonet.problems import Problem

NAME = "net.prototxt"


def checked(text: str, kind: str) -> Message:
    """Return the tree of a text that is as it should be."""
    report = Report(NAME)
    tree = check(parse(text, NAME), kind, report)
    report.stop_at_problems()
    return tree


def layer(text: str) -> Field:
    """Return the one layer of a text, `layer { … }`."""
    (field,) = checked(text, "NetParameter").named("layer")
    return field


def layers(text: str) -> list[Message]:
    """Return the layers of a text."""
    return [message(field) for field in checked(text, "NetParameter").named("layer")]


def context(shapes: Shapes | None = None, places: Iterable[Path] = (Path("/nowhere"),)) -> Context:
    """Return a context with a fresh report and protonet's own layer types."""
    return Context(LAYERS, shapes or {}, Report(NAME), tuple(places))


def refused(report: Report) -> str:
    """Return everything that a report refuses, as it is printed."""
    with pytest.raises(SpecError) as error:
        report.stop_at_problems()
    return str(error.value)


def lines(notes: Iterable[Problem]) -> list[str]:
    """Return notes as one line each: `12:3 path: why`, and the hint behind it."""
    return [
        f"{note.mark.line}:{note.mark.column} {note.path}: {note.why}"
        + (f" ({note.hint})" if note.hint else "")
        for note in notes
        if note.mark is not None
    ]
