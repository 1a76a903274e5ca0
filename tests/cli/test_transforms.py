from __future__ import annotations

import json

import pytest

from protonet.cli import main
from protonet.transforms import TRANSFORMS

Capture = pytest.CaptureFixture[str]


def test_all_types_are_listed(capsys: Capture) -> None:
    assert main(["transforms"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in TRANSFORMS)


def test_one_type_is_told(capsys: Capture) -> None:
    assert main(["transforms", "Pad"]) == 0
    assert capsys.readouterr().out.startswith("Pad\n\nAdd a margin around each image.\n")


def test_both_come_as_json(capsys: Capture) -> None:
    assert main(["transforms", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == TRANSFORMS.keys()
    assert main(["transforms", "Pad", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["keys"][0]["name"] == "pad"


def test_an_unknown_type_is_refused(capsys: Capture) -> None:
    assert main(["transforms", "Pda"]) == 2
    assert capsys.readouterr().err == "error: Pda: unknown transform; did you mean Pad?\n"
