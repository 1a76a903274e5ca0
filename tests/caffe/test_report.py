from __future__ import annotations

import pytest

from protonet.caffe.report import Report
from protonet.errors import SpecError
from protonet.problems import Mark, SourceText

TEXT = SourceText("net.prototxt", ("first", "second"))
FIRST, SECOND = Mark(TEXT, 1, 1, 6), Mark(TEXT, 2, 1, 7)


def test_nothing_refused_stops_nothing() -> None:
    report = Report("net.prototxt")
    report.note(FIRST, "engine", "protonet chooses its kernels itself")

    report.stop_at_problems()

    assert [note.render() for note in report.notes] == [
        "warning[PN051] net.prototxt:1:1 engine: protonet chooses its kernels itself\n"
        "    1 | first\n"
        "      | ^^^^^\n"
        "      see: protonet explain PN051"
    ]


def test_everything_refused_is_told_from_top_to_end() -> None:
    report = Report("net.prototxt")
    report.refuse("PN013", SECOND, "layer.b", "is wrong", "do this")
    report.refuse("PN010", FIRST, "layer.a", "is wrong too")

    with pytest.raises(SpecError) as error:
        report.stop_at_problems()

    assert (
        str(error.value)
        == """\
error[PN010] net.prototxt:1:1 layer.a: is wrong too
    1 | first
      | ^^^^^
      see: protonet explain PN010
error[PN013] net.prototxt:2:1 layer.b: is wrong
    2 | second
      | ^^^^^^
      do this                                   see: protonet explain PN013
2 errors in net.prototxt"""
    )
