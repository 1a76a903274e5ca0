from __future__ import annotations

import pytest

from protonet.cli.warnings import as_errors, warn
from protonet.errors import SpecError
from protonet.problems import Problem

Capture = pytest.CaptureFixture[str]

WARNINGS = [
    Problem("PN031", None, "net.layers.a", "nobody reads a", severity="warning"),
    Problem("PN044", None, "solver.momentum", "too large", got="2", severity="warning"),
]
TOLD = """\
{0}[PN031] net.layers.a: nobody reads a
      see: protonet explain PN031
{0}[PN044] solver.momentum: too large
      got 2                                     see: protonet explain PN044
2 {0}s in net.yaml"""


def test_warnings_go_to_standard_error(capsys: Capture) -> None:
    warn(WARNINGS, "net.yaml", strict=False)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", TOLD.format("warning") + "\n")


def test_strictly_warnings_are_errors(capsys: Capture) -> None:
    with pytest.raises(SpecError) as caught:
        warn(WARNINGS, "net.yaml", strict=True)
    assert str(caught.value) == TOLD.format("error")
    assert capsys.readouterr().err == ""
    assert [one.severity for one in as_errors(WARNINGS)] == ["error", "error"]
    assert [one.severity for one in WARNINGS] == ["warning", "warning"]


@pytest.mark.parametrize("strict", [False, True])
def test_where_there_is_no_doubt_nothing_is_said(strict: bool, capsys: Capture) -> None:
    warn([], "net.yaml", strict=strict)
    assert capsys.readouterr().err == ""
