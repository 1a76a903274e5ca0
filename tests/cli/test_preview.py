from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.cli import main
from tests.run.pairs import write_pairs

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return write_pairs(tmp_path).name


def test_a_picture_is_made(spec: str, capsys: Capture) -> None:
    assert main(["preview", spec, "out.png", "--count", "4", "--epoch", "2"]) == 0
    assert capsys.readouterr().out == (
        "made out.png: 4 samples of data.train, epoch 2\n"
        "data: as stored\n"
        "mask: a colour for each class\n"
    )
    with Image.open("out.png") as picture:
        assert picture.format == "PNG"


def test_another_set_and_overrides(spec: str, capsys: Capture) -> None:
    scaled = "data.val.0.transform={scale: 0.5}"
    assert main(["preview", spec, "out.png", "--set", "val", scaled]) == 0
    assert capsys.readouterr().out.startswith(
        "made out.png: 12 samples of data.val\ndata: mean and scale undone\n"
    )


def test_the_seed_decides_what_is_shown(spec: str) -> None:
    for name, seed in (("one", "1"), ("two", "2"), ("three", "3"), ("given", None)):
        assert main(["preview", spec, f"{name}.png", *(["--seed", seed] if seed else [])]) == 0
    pictures = []
    for name in ("one", "two", "three", "given"):
        with Image.open(f"{name}.png") as picture:
            pictures.append(np.asarray(picture))
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[2], pictures[3])  # the spec's own seed is 3


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["out.jpg"], 2, "error: out.jpg: a preview is .png"),
        (["out.png", "--count", "0"], 2, "error: --count 0: 1 to 400 samples can be shown"),
        (["out.png", "--epoch", "-1"], 2, "error: --epoch -1: epochs are counted from 0 on"),
        (["out.png", "--set", "vall"], 2, "error: there is no data.vall; did you mean val?"),
        (["no/out.png"], 1, "error: no/out.png cannot be written: No such file or directory"),
    ],
)
def test_refuses_what_cannot_be_made(
    spec: str, words: list[str], code: int, told: str, capsys: Capture
) -> None:
    assert main(["preview", spec, *words]) == code
    assert capsys.readouterr().err == f"{told}\n"
    assert not list(Path().glob("*.png"))


def test_a_seed_needs_a_solver(spec: str, capsys: Capture) -> None:
    path = Path(spec)
    path.write_text(path.read_text().partition("solver:")[0])
    assert main(["preview", spec, "out.png", "--seed", "3"]) == 2
    assert capsys.readouterr().err == (
        "error: --seed 3: the spec has no section solver, whose seed it would be\n"
    )
