from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


def test_the_summary_is_printed_uncut_where_it_is_piped(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    long = "net.layers.relu.top=" + "a_long_name_" * 8
    drop = "net.layers.drop={name: drop, type: Dropout, bottom: " + "a_long_name_" * 8 + "}"
    assert main(["summary", str(path), long, drop, "--phase", "deploy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small, phase deploy, N = 8"
    assert "a_long_name_" * 8 in lines[5]
    # 6 * 5 + 5 + 5 * 3 + 3
    assert "parameters     53 (53)" in lines


def test_batch_and_json(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["summary", str(path), "--batch", "32", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["sizes"] == {"N": 32}
    assert [layer["name"] for layer in data["layers"]] == [
        "hidden",
        "relu",
        "drop",
        "scores",
        "loss",
    ]
    assert data["layers"][0]["activation_bytes"] == 32 * 5 * 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "0"], '--batch "0": a whole number from 1 to 2147483647 is needed'),
        (["--batch", "x"], '--batch "x": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T"], '--axis "": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T=4"], "no input of the net has an axis T; known: N"),
    ],
)
def test_a_size_that_cannot_be_is_refused(
    words: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["summary", str(small_file(tmp_path)), *words]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


def test_shapes_that_cannot_be_are_told_with_their_place(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    bad = "net.layers.drop={name: drop, type: Softmax, axis: 4}"
    assert main(["summary", str(path), bad]) == 2
    assert capsys.readouterr().err.startswith("error[PN026] ")
