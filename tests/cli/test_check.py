from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


def test_a_good_spec_is_said_to_be_good(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == (
        f"{path}: no error; layers: 5 in train, 6 in test, 5 in deploy\n"
    )


def test_nothing_is_read_allocated_or_left_behind(tmp_path: Path, capsys: Capture) -> None:
    """A net of a terabyte, whose data are not there."""
    path = small_file(tmp_path)
    big = ["net.layers.hidden.num_output=2000000000", "net.layers.scores.num_output=125"]
    assert main(["check", str(path), *big, "data.train.source=gone.lmdb"]) == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["points.lmdb", "small.yaml"]


def test_shapes_that_cannot_be_are_told_with_everything_else(
    tmp_path: Path, capsys: Capture
) -> None:
    path = small_file(tmp_path)
    words = ["check", str(path), "net.layers.drop={name: drop, type: Softmax, axis: 4}"]
    assert main([*words, "solver.max_itr=3"]) == 2
    text = capsys.readouterr().err
    assert "axis 4 does not exist in a bottom of shape" in text
    assert "solver.max_itr: unknown key" in text
    assert text.endswith(f"2 errors in {path}\n")
