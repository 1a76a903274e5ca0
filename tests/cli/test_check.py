from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def test_a_solver_that_cannot_train_the_net_is_told(tmp_path: Path, capsys: Capture) -> None:
    """As training would, though the net would need a terabyte, and the data are not there."""
    path = small_file(tmp_path)
    big = ["net.layers.hidden.num_output=2000000000", "data.train.source=gone.lmdb"]
    assert main(["check", str(path), *big, "solver.best=precision"]) == 2
    assert capsys.readouterr().err == (
        "error[PN014] command line:1:13 solver.best: no evaluation set measures this as one number"
        """
    1 | solver.best=precision
      |             ^^^^^^^^^
      got precision; known: accuracy, loss, test/accuracy, test/loss  see: protonet explain PN014
"""
        f"1 error in {path}\n"
    )


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


DOUBTFUL = ["net.layers.scores.bottom=relu"]
DOUBT = """\
{0}[PN031] {1}:10:14 net.layers.drop.name: nobody reads drop
   10 |     - {{name: drop, type: Dropout}}
      |              ^^^^
      read it, remove the layer, or name it in net.deploy.outputs  see: protonet explain PN031
1 {0} in {1}
"""


def test_what_is_probably_not_meant_is_a_warning(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["check", str(path), *DOUBTFUL]) == 0
    printed = capsys.readouterr()
    assert printed.err == DOUBT.format("warning", path)
    assert printed.out.startswith(f"{path}: no error; ")


def test_strictly_a_warning_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["check", str(path), "--strict", *DOUBTFUL]) == 2
    assert capsys.readouterr() == ("", DOUBT.format("error", path))
    assert main(["check", str(path), "--strict"]) == 0


def as_json(capsys: Capture, *words: str) -> tuple[int, Any]:
    """Return the exit code of a check, and the problems it prints; there is no other word."""
    code = main(["check", *words, "--format", "json"])
    printed = capsys.readouterr()
    assert printed.err == ""
    return code, json.loads(printed.out)


def test_problems_are_given_to_programs(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    warning = {
        "severity": "warning",
        "code": "PN031",
        "file": str(path),
        "line": 10,
        "column": 14,
        "end_column": 18,
        "path": "net.layers.drop.name",
        "message": "nobody reads drop",
        "got": "",
        "hint": "read it, remove the layer, or name it in net.deploy.outputs",
        "trail": [],
    }
    assert as_json(capsys, str(path)) == (0, [])
    assert as_json(capsys, str(path), *DOUBTFUL) == (0, [warning])
    assert as_json(capsys, str(path), *DOUBTFUL, "--strict") == (
        2,
        [{**warning, "severity": "error"}],
    )
    code, (wrong,) = as_json(capsys, str(path), "solver.max_itr=3")
    assert code == 2
    assert wrong == {
        "severity": "error",
        "code": "PN012",
        "file": "command line",
        "line": 1,
        "column": 1,
        "end_column": 15,
        "path": "solver.max_itr",
        "message": "unknown key",
        "got": "3",
        "hint": "did you mean max_iter?",
        "trail": [],
    }


def test_data_are_opened_where_that_is_asked(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["check", str(path), "--data"]) == 0
    assert main(["check", str(path), "--data", "data.train.source=gone.lmdb"]) == 2
    assert capsys.readouterr().err == (
        "error[PN040] command line:1:19 data.train.source: gone.lmdb: there is no such dataset\n"
        "    1 | data.train.source=gone.lmdb\n"
        "      |                   ^^^^^^^^^\n"
        "      see: protonet explain PN040\n"
        f"1 error in {path}\n"
    )
    words = ["check", str(path), "--data", "solver.test_iter=2"]
    assert main(words) == 0
    assert capsys.readouterr().err.startswith(
        "warning[PN043] command line:1:18 solver.test_iter: 2 batches of 7 cover 14 of 20 records "
        "of data.test\n"
    )
    assert main([*words, "--strict"]) == 2
    assert capsys.readouterr().err.startswith("error[PN043] command line:1:18 solver.test_iter: ")
