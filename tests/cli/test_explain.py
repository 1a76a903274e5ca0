from __future__ import annotations

import pytest

from protonet.cli import main
from protonet.problems import CODES

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str, capsys: Capture) -> None:
    assert main(["explain", code.lower()]) == 0
    title, explanation = CODES[code].title, CODES[code].explanation
    head, empty, *lines = capsys.readouterr().out.splitlines()
    assert (head, empty) == (f"{code}: {title}", "")
    assert " ".join(lines) == explanation
    assert all(len(line) < 80 for line in lines)


def test_all_codes_are_listed(capsys: Capture) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{name}  {code.title}" for name, code in CODES.items()]


def test_an_unknown_code_is_refused(capsys: Capture) -> None:
    assert main(["explain", "PN999"]) == 2
    assert capsys.readouterr().err == (
        "error: no error has the code PN999; protonet explain lists them all\n"
    )
