"""`protonet new` writes a spec that `protonet check --data --strict` finds nothing against."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from PIL import Image

from protonet.cli import main
from protonet.snapshot import Evaluation
from protonet.zoo.push import About, push
from tests.run.test_starter import LINEAR, dataset

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("ending", ["lmdb", "h5"])
@pytest.mark.parametrize("shape", [(6,), (3, 32, 32), (1, 8, 8)])
@pytest.mark.parametrize("tables", [(None,), ("train", "test")])
def test_what_is_written_is_valid_and_says_what_comes_next(
    here: Path, capsys: Capture, ending: str, shape: tuple[int, ...], tables: tuple[str | None, ...]
) -> None:
    data = f"out.{ending}"
    dataset(Path(data), shape, *tables)
    assert main(["new", "my.yaml", "--data", data]) == 0
    assert capsys.readouterr() == (
        "made my.yaml; next: protonet check my.yaml --data, then protonet train my.yaml\n",
        "",
    )
    assert names(here) == ["my.yaml", data]
    assert main(["check", "my.yaml", "--data", "--strict"]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_written_trains(capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (6,), "train", "test")
    assert main(["new", "my.yaml", "--data", "out.lmdb"]) == 0
    assert main(["train", "my.yaml", "solver.max_iter=2", "solver.threads=1", "--run", "a"]) == 0
    assert "test: accuracy" in capsys.readouterr().out


def test_a_net_of_a_file_is_built_upon(here: Path, capsys: Capture) -> None:
    Path("linear.yaml").write_text(LINEAR)
    dataset(Path("out.lmdb"), (6,))
    assert main(["new", "my.yaml", "--data", "out.lmdb", "--net", "linear.yaml"]) == 0
    assert main(["check", "my.yaml", "--data", "--strict"]) == 0
    assert "  base: linear.yaml\n" in Path("my.yaml").read_text()


def test_a_net_that_comes_with_protonet_is_built_upon(capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (3, 32, 32), "train", "test")
    assert main(["new", "my.yaml", "--data", "out.lmdb", "--net", "lenet"]) == 0
    assert main(["check", "my.yaml", "--data"]) == 0
    assert capsys.readouterr().err == ""


NET = """\
name: corners
net:
  inputs: {data: [3, 8, 8], label: {shape: [], dtype: int64}}
  layers:
  - {name: conv, type: Convolution, num_output: 4, kernel_size: 8}
  - {name: scores, type: InnerProduct, num_output: 9}
  - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
  - {name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}
  - {name: top3, type: Accuracy, bottom: [scores, label], top_k: 3, phase: test}
"""


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of models, which is the mirror, with random weights for nine classes."""
    monkeypatch.setenv("PROTONET_ZOO", "models")
    steps = ({"type": "Resize", "short": 9}, {"type": "CenterCrop", "size": [8, 8]})
    known = Evaluation(
        input="data", shape=(3, 8, 8), transform=(*steps, {"type": "Scale", "factor": 0.01})
    )
    shapes = {"conv/weight": (4, 3, 8, 8), "conv/bias": (4,)}
    shapes |= {"scores/weight": (9, 4), "scores/bias": (9,)}
    weights = {name: torch.randn(shape) / 9 for name, shape in shapes.items()}
    about = About("corners", "image classification", "the test", "CC0", evaluation=known)
    push(Path("models"), about, NET, weights)


@pytest.mark.usefixtures("models")
def test_a_model_of_the_zoo_is_fine_tuned_as_written(capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (3, 12, 10), "train", "test")
    assert main(["new", "my.yaml", "--data", "out.lmdb", "--net", "zoo://corners"]) == 0
    assert main(["check", "my.yaml", "--data", "--strict"]) == 0
    assert capsys.readouterr().err == ""
    net = Path("my.yaml").read_text().partition("\nnet:\n")[2].partition("solver:\n")[0]
    assert net == (
        "  base: zoo://corners\n"
        "  layers:                      # what differs from the base\n"
        "    - {name: scores, num_output: $data.classes}\n"
        "    - {name: top3, remove: true}   # the classes are too few\n"
    )
    assert main(["train", "my.yaml", "solver.max_iter=2", "solver.threads=1", "--run", "a"]) == 0
    out = capsys.readouterr().out
    assert (
        "weights from zoo://corners: 2 of 4 parameters loaded\n"
        "  left as they were, of another shape in the file: scores/bias (9,) for (3,), "
        "scores/weight (9, 4) for (3, 4)\n"
    ) in out
    assert "test: accuracy" in out


@pytest.mark.usefixtures("models")
def test_a_model_of_the_zoo_takes_images_of_different_sizes(capsys: Capture) -> None:
    for name, size in {"ant/1": (20, 30), "ant/2": (31, 17), "bee/3": (12, 12)}.items():
        path = Path("photos", f"{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (9 * len(name), *size)).save(path)
    assert main(["convert", "photos", "out.lmdb", "--encoded"]) == 0
    assert main(["new", "my.yaml", "--data", "out.lmdb", "--net", "zoo://corners"]) == 0
    capsys.readouterr()
    assert main(["check", "my.yaml", "--data", "--strict"]) == 0
    assert capsys.readouterr().err == ""
    lines = Path("my.yaml").read_text().splitlines()
    assert lines[2] == "# 3 records of images of different sizes to train on"
    assert "      - {type: RandomResizedCrop, size: [8, 8]}" in lines
    assert main(["new", "own.yaml", "--data", "out.lmdb"]) == 2  # a net of its own takes one size
    assert capsys.readouterr().err.startswith("error: out.lmdb: a first spec is for records of one")


def test_a_model_that_is_not_in_the_zoo_is_told(here: Path, capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (3, 12, 10))
    assert main(["new", "my.yaml", "--data", "out.lmdb", "--net", "zoo://resnet19"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: zoo://resnet19: there is no such model; did you mean resnet18?\n",
    )
    assert names(here) == ["out.lmdb"]


def test_a_net_that_does_not_fit_the_dataset_is_refused(here: Path, capsys: Capture) -> None:
    Path("wide.yaml").write_text(
        "net:\n"
        "  inputs: {data: [1, 9, 9], label: {shape: [], dtype: int64}}\n"
        "  layers:\n"
        "    - {name: conv, type: Convolution, num_output: 2, kernel_size: 9}\n"
        "    - {name: ip, type: InnerProduct, num_output: 10}\n"
        "    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}\n"
    )
    dataset(Path("images.lmdb"), (1, 8, 8))
    assert main(["new", "my.yaml", "--data", "images.lmdb", "--net", "wide.yaml"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: wide.yaml does not fit images.lmdb: net.layers.conv: no window fits along axis 2 "
        "of (2, 1, 8, 8): floor((8 + 2*0 - 9) / 1) + 1 = 0; it was made for 1 x 9 x 9: convert the "
        "data again with --resize 9x9\n",
    )
    assert names(here) == ["images.lmdb", "wide.yaml"]


def test_another_file_is_not_written_over(here: Path, capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (6,))
    Path("my.yaml").write_text("precious")
    assert main(["new", "my.yaml", "--data", "out.lmdb"]) == 2
    assert capsys.readouterr().err == (
        "error: my.yaml exists; a spec is not written over another file\n"
    )
    assert Path("my.yaml").read_text() == "precious"


def test_nor_one_that_comes_meanwhile(
    here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(Path("out.lmdb"), (6,))
    link = os.link

    def late(source: Path, target: Path) -> None:
        target.write_text("precious")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert main(["new", "my.yaml", "--data", "out.lmdb"]) == 2
    assert capsys.readouterr().err == (
        "error: my.yaml exists; a spec is not written over another file\n"
    )
    assert Path("my.yaml").read_text() == "precious"
    assert names(here) == ["my.yaml", "out.lmdb"]


def test_what_cannot_be_written_is_told(here: Path, capsys: Capture) -> None:
    dataset(Path("out.lmdb"), (6,))
    assert main(["new", "gone/my.yaml", "--data", "out.lmdb"]) == 1
    assert capsys.readouterr().err == (
        "error: gone/my.yaml cannot be written: No such file or directory\n"
    )
    assert names(here) == ["out.lmdb"]


def test_there_must_be_a_dataset(here: Path, capsys: Capture) -> None:
    assert main(["new", "my.yaml", "--data", "gone.lmdb"]) == 2
    assert capsys.readouterr().err == "error: gone.lmdb: there is no such dataset\n"
    assert names(here) == []
