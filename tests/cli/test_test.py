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


def test_a_run_and_a_snapshot_are_tested_with_their_own_weights(
    tmp_path: Path, capsys: Capture
) -> None:
    path = small_file(tmp_path)
    main(["train", str(path)])
    trained = capsys.readouterr().out.splitlines()[-1]
    path.unlink()
    for name in ("runs/small/1", "runs/small/1/snapshots/iter_10"):
        assert main(["test", name, "data.test.batch_size=20"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"weights from {name}: 4 of 4 parameters loaded",
            trained,
        ]


def test_other_weights_may_be_tested_in_a_run(tmp_path: Path, capsys: Capture) -> None:
    main(["train", str(small_file(tmp_path))])
    capsys.readouterr()
    early = "runs/small/1/snapshots/iter_4"
    assert main(["test", "runs/small/1", "--weights", early]) == 0
    other = capsys.readouterr().out.splitlines()
    assert other[0] == f"weights from {early}: 4 of 4 parameters loaded"
    assert main(["test", early]) == 0
    assert capsys.readouterr().out.splitlines() == other


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "photos").mkdir()
    assert main(["test", "photos"]) == 2
    assert capsys.readouterr().err == "error: photos: neither a snapshot nor a run that has one\n"


def test_weights_that_are_not_there_are_refused(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["test", path, "--weights", "gone.safetensors"]) == 2
    assert capsys.readouterr().err == "error: gone.safetensors: there is no such file\n"
