from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from protonet.run.train import train
from tests.predict.photos import photo_spec

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train(photo_spec(tmp_path))


def test_the_differences_are_shown_and_the_file_is_made(capsys: Capture) -> None:
    arguments = ["export", "runs/photos/1", "a.pt2", "--to", "torch", "--images", "photos"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "weights from runs/photos/1: 4 of 4 parameters loaded",
        "prob on random numbers: largest difference 0",
        "prob on pictures: largest difference 0",
        "made a.pt2",
    ]
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        "error: a.pt2: exists already; give another name, or --force to replace it\n"
    )
    assert main([*arguments, "--force"]) == 0


@pytest.mark.parametrize("text", ["x", "-1", "nan", "inf"])
def test_a_tolerance_is_a_number(text: str, capsys: Capture) -> None:
    arguments = ["export", "runs/photos/1", "a.pt2", "--to", "torch", f"--tolerance={text}"]
    assert main(arguments) == 2
    assert capsys.readouterr().err == f'error: --tolerance "{text}": a number from 0 is needed\n'


def test_every_file_that_is_made_is_named(capsys: Capture) -> None:
    assert main(["export", "runs/photos/1", "a", "--to", "caffe", "--train-val"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "a_train_val.prototxt: its Input layers stand for data layers, which read Caffe's sets",
        "prob on random numbers: largest difference 0",
        "made a.prototxt",
        "made a.caffemodel",
        "made a_train_val.prototxt",
    ]
    assert main(["export", "runs/photos/1", "a.pt2", "--to", "torch", "--train-val"]) == 2
    assert capsys.readouterr().err == "error: --train-val: only --to caffe writes it\n"
