from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.cli import main
from tests.convert.pictures import SPLIT, class_folders, made

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a dataset of two tables."""
    monkeypatch.chdir(tmp_path)
    made(class_folders(tmp_path / "photos", cat=5, dog=10), tmp_path / "a.lmdb", SPLIT)


def test_a_mean_is_written_and_told(capsys: Capture) -> None:
    assert main(["mean", "a.lmdb/train", "mean.npy"]) == 0
    # 8 of the 12 are dogs, whose red is 1; blue is 7 everywhere
    red, green, blue = np.load("mean.npy")[:, 0, 0].tolist()
    assert (red, blue) == (pytest.approx(2 / 3), 7)
    assert capsys.readouterr().out.splitlines() == [
        "made mean.npy: mean of 12 records, 3x3x4 (RGB)",
        "  mean_value channel [0]: 0.666667",
        f"  mean_value channel [1]: {green:.6g}",
        "  mean_value channel [2]: 7",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.lmdb", "b.npy"], "there are 2 tables; name one: a.lmdb/test or a.lmdb/train"),
        (["a.lmdb/test", "b.png"], "b.png: a mean is written as .npy or as Caffe's .binaryproto"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], message: str, capsys: Capture) -> None:
    assert main(["mean", *words]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")


def test_the_file_of_a_mean_is_kept_unless_forced(capsys: Capture) -> None:
    Path("b.npy").touch()
    assert main(["mean", "a.lmdb/test", "b.npy"]) == 2
    assert main(["mean", "a.lmdb/test", "b.npy", "--force"]) == 0
    assert "made b.npy" in capsys.readouterr().out
