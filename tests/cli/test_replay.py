from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main
from protonet.run.job import prepare
from protonet.run.nonfinite import explain
from tests.small import small_file, small_spec

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_message_names_the_command_that_repeats_the_step(capsys: Capture) -> None:
    small_file(Path())
    assert main(["train", "small.yaml", "--run", "a", "solver.base_lr=1e30"]) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    command = told.rpartition("repeat that step with: protonet ")[2]
    assert command == "replay a/replay_iter_1"

    assert main(command.split()) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines()[0] == (
        "small, iteration 1, float32: trained on cpu, repeated on the CPU"
    )
    *_, then, now, verdict = printed.out.splitlines()
    assert verdict == "reproduced"
    assert then.removeprefix("then: ") == now.removeprefix("now: ")
    assert f"error: iteration 1: {now.removeprefix('now: ')}; loss nan, lr 1e+30, " in told

    assert main([*command.split(), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["iteration"], found["reproduced"], found["float32"]) == (1, True, None)


def test_what_is_not_reproduced_has_an_exit_code_of_its_own(capsys: Capture) -> None:
    explain(prepare(small_spec(Path()), None, pytest.fail), Path(), 0, 0.1)
    assert main(["replay", "replay_iter_0"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines()[-2] == "now: all is finite"


def test_a_folder_without_replay_is_one_message(capsys: Capture) -> None:
    assert main(["replay", "runs"]) == 2
    assert capsys.readouterr().err == (
        "error: runs: is no replay; name a folder replay_iter_… of a run, which has a replay.json\n"
    )
