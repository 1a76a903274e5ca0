from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


def changed(path: Path, *pairs: tuple[str, str]) -> Path:
    """Write a spec beside another, with words replaced."""
    text = path.read_text()
    for written, other in pairs:
        assert written in text
        text = text.replace(written, other)
    new = path.with_name("other.yaml")
    new.write_text(text)
    return new


def test_each_difference_has_a_line(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    other = changed(path, ("num_output: 5", "num_output: 6"), ("{name: drop,", "{name: out,"))
    assert main(["diff", str(path), str(other)]) == 0
    assert capsys.readouterr().out == (
        '- net.layers.drop: "Dropout"\n'
        '+ net.layers.out: "Dropout"\n'
        "~ net.layers.hidden.num_output: 5 → 6\n"
        '~ net.layers.scores.bottom: ["drop"] → ["out"]\n'
    )


def test_two_ways_to_write_one_spec_do_not_differ(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    other = changed(
        path, ("type: ReLU", "type: ReLU, bottom: hidden"), ("name: small", "name: big")
    )
    assert main(["diff", str(path), str(other)]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["diff", str(path), str(other), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_differences_are_given_to_programs(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    other = changed(path, ("base_lr: 0.1", "base_lr: 0.2"), ("{name: relu,", "{name: r,"))
    assert main(["diff", str(path), str(other), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"path": "net.layers.relu", "kind": "removed", "before": "ReLU", "after": None},
        {"path": "net.layers.r", "kind": "added", "before": None, "after": "ReLU"},
        {
            "path": "net.layers.drop.bottom",
            "kind": "changed",
            "before": ["relu"],
            "after": ["r"],
        },
        {"path": "solver.base_lr", "kind": "changed", "before": 0.1, "after": 0.2},
    ]


def test_a_spec_that_is_wrong_is_told_with_its_place(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    other = changed(path, ("type: Dropout", "type: Softmax, axis: 7"))
    assert main(["diff", str(path), str(other)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error[PN026] {other}:10:7 net.layers.drop: axis 7 does not")
