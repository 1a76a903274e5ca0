from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.imported import imported
from protonet.caffe.marked import Marked, leaf, mapping
from protonet.caffe.report import Report
from protonet.errors import SpecError
from protonet.problems import Mark, SourceText

AT = Mark(SourceText("net.prototxt", ("layer",)), 1, 1, 6)


def net() -> Marked:
    made = mapping(AT)
    made.put("layers", leaf([], AT))
    return made


def test_empty_sections_are_left_out() -> None:
    report = Report("net.prototxt")
    report.note(AT, "layer", "is noted")

    found = imported(Path("some/net.prototxt"), {"data": mapping(AT), "net": net()}, report)

    assert found.origin.data == {"net": {"layers": []}}
    assert found.origin.name == "some/net.prototxt"
    assert found.origin.folder == Path.cwd() / "some"
    assert [note.why for note in found.notes] == ["is noted"]


def test_problems_stop_it() -> None:
    report = Report("net.prototxt")
    report.refuse("PN010", AT, "layer", "is wrong")

    with pytest.raises(SpecError, match=r"layer: is wrong"):
        imported(Path("net.prototxt"), {"net": net()}, report)
