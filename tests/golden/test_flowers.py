"""The config of the flowers, from Caffe's weights: they are taken, and soon tell flowers apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main

CONFIG = Path(__file__).parents[2] / "configs" / "flowers_squeezenet.yaml"


def test_the_config_needs_no_data_to_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(CONFIG), "--strict"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_squeezenet_of_caffe_learns_five_kinds_of_flowers(
    reference: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    photos, model = reference / "data" / "photos", reference / "models" / "squeezenet_v1.0_dc"
    split = ["--encoded", "--split", "train:0.8,test:0.2"]
    assert main(["convert", str(photos), "flowers.lmdb", *split]) == 0
    files = [model / "deploy.prototxt", model / "squeezenet_v1.0_decompressed.caffemodel"]
    assert main(["import", *map(str, files), "--out", "squeezenet"]) == 0
    Path("configs").mkdir()
    Path("configs", CONFIG.name).write_bytes(CONFIG.read_bytes())
    shorter = ["solver.max_iter=2 epochs", "solver.test_interval=2 epochs", "solver.threads=1"]
    assert main(["train", f"configs/{CONFIG.name}", *shorter, "--run", "run"]) == 0
    out = capsys.readouterr().out
    # 25 convolutions with weight and bias are in both; the last of 26 gave ImageNet's classes
    assert "squeezenet/weights.safetensors: 50 of 52 parameters loaded" in out
    last = json.loads(Path("run", "metrics.jsonl").read_text().splitlines()[-1])
    assert last["accuracy"] >= 0.6  # 8 of 40 photos by guessing; 30 to 34 after 15 epochs
