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


def test_scores_go_to_standard_output_and_all_else_to_standard_error(capsys: Capture) -> None:
    assert main(["predict", "runs/photos/1", "photos", "--top", "1", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == [
        "photos/bright/01.jpg",
        "photos/bright/03.jpg",
    ]
    assert {line.split()[2] for line in lines} <= {"bright", "dark"}
    assert len(lines) == 12
    assert err == "weights from runs/photos/1: 4 of 4 parameters loaded\n"


def test_features_go_to_a_file(capsys: Capture) -> None:
    arguments = ["predict", "runs/photos/1", "photos", "--blob", "conv", "--out", "f.h5"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "made f.h5: 12 pictures\n"
    assert Path("f.h5").is_file()


def test_what_is_left_out_is_counted(capsys: Capture) -> None:
    Path("bad.jpg").write_bytes(b"")
    named = ["bad.jpg", "photos/dark/00.jpg"]
    assert main(["predict", "photos.yaml", *named, "--on-error", "skip"]) == 0
    assert capsys.readouterr().err.splitlines()[1:] == [
        "left out: bad.jpg: cannot be read as an image: the file is empty",
        "1 of 2 pictures left out",
    ]
    assert main(["predict", "photos.yaml", *named]) == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["gone.jpg"], "gone.jpg: there is no such file or folder"),
        (["photos", "--top", "0"], '--top "0": a whole number from 1 is needed'),
        (["photos", "--workers", "x"], '--workers "x": a whole number from 1 is needed'),
        (["photos", "--batch-size", "-1"], '--batch-size "-1": a whole number from 1 is needed'),
        (["photos", "--device", "tpu"], '--device "tpu": auto, cpu, mps, cuda or cuda:0 is needed'),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], why: str, capsys: Capture) -> None:
    assert main(["predict", "runs/photos/1", *arguments]) == 2
    assert capsys.readouterr().err == f"error: {why}\n"
