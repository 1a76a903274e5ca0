from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_testing_gives_the_line_that_training_ended_with(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    main(["train", path])
    trained = capsys.readouterr().out.splitlines()[-1]
    assert main(["test", path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == trained
    assert main(["test", path, "--weights", "runs/small/1", "--set", "test"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == trained


def test_weights_that_are_not_there_are_refused(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["test", path, "--weights", "gone.safetensors"]) == 2
    assert capsys.readouterr().err == "error: gone.safetensors: there is no such file\n"
