from __future__ import annotations

import json

import pytest

from protonet.cli import main
from protonet.layers import LAYERS

Capture = pytest.CaptureFixture[str]


def test_all_types_are_listed(capsys: Capture) -> None:
    assert main(["layers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Layers"
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(names) == sorted(LAYERS)


def test_all_of_one_type_is_told(capsys: Capture) -> None:
    assert main(["layers", "Convolution"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Convolution (layer)\n\n")
    assert "\n  num_output: whole number ≥ 1 (required)\n" in text


def test_programs_get_json(capsys: Capture) -> None:
    assert main(["layers", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert sum(map(len, listed.values())) == len(LAYERS)
    assert main(["layers", "LRN", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "LRN"


def test_an_unknown_type_is_refused(capsys: Capture) -> None:
    assert main(["layers", "Convolutoin"]) == 2
    assert capsys.readouterr().err == (
        "error: Convolutoin: unknown layer type; did you mean Convolution?\n"
    )
