"""`protonet zoo` as a person uses it: push, list, info, pull, fine-tune, verify, remove."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main
from protonet.data.cache import cache_folder
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    """A folder of models, which is the mirror, with a net that was trained for four classes."""
    monkeypatch.chdir(tmp_path)
    small_file(tmp_path)
    assert main(["train", "small.yaml", "net.layers.scores.num_output=4", "--run", "run"]) == 0
    capsys.readouterr()
    assert main(["zoo", "push", "corners", "run", "--to", "models", "--licence", "CC0"]) == 0
    assert capsys.readouterr().out == (
        f"made models/corners; to use it: PROTONET_ZOO={tmp_path}/models and zoo://corners\n"
    )
    monkeypatch.setenv("PROTONET_ZOO", "models")
    return tmp_path / "models"


FINE = """\
name: fine
data:
  train: {source: points.lmdb/train, batch_size: 8}
  test: {source: points.lmdb/test, batch_size: 7}
net:
  base: zoo://corners
  layers: [{name: scores, num_output: $data.classes}]
solver: {base_lr: 0.1, max_iter: 2, weights: zoo://corners, threads: 1}
"""


def test_a_net_of_the_zoo_is_fine_tuned_and_what_stayed_random_is_named(
    models: Path, capsys: Capture
) -> None:
    Path("fine.yaml").write_text(FINE)
    assert main(["train", "fine.yaml"]) == 0
    out = capsys.readouterr().out
    assert (
        "weights from zoo://corners: 2 of 4 parameters loaded\n"
        "  left as they were, of another shape in the file: scores/bias (4,) for (3,), "
        "scores/weight (4, 5) for (3, 5)\n"
    ) in out
    kept = Path("runs/fine/1")
    assert json.loads((kept / "run.json").read_text())["weights"] == ["zoo://corners"]
    assert "weights: ['zoo://corners']" in (kept / "spec.yaml").read_text()
    assert "base:" not in (kept / "spec.yaml").read_text()


def test_weights_of_the_zoo_are_tested(models: Path, capsys: Capture) -> None:
    four = "net.layers.scores.num_output=4"
    assert main(["test", "small.yaml", four, "--weights", "zoo://corners"]) == 0
    zoo = capsys.readouterr().out.splitlines()
    assert main(["test", "small.yaml", four, "--weights", "run"]) == 0
    assert zoo[0] == "weights from zoo://corners: 4 of 4 parameters loaded"
    assert zoo[1:] == capsys.readouterr().out.splitlines()[1:]


def test_a_model_is_listed_told_pulled_verified_and_removed(models: Path, capsys: Capture) -> None:
    assert main(["zoo", "list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert rows["corners"].endswith(f"classification        {models}")
    assert rows["resnet18"].endswith("image classification  built-in")

    assert main(["zoo", "info", "corners"]) == 0
    assert "  licence        CC0\n" in capsys.readouterr().out

    assert main(["zoo", "pull", "corners"]) == 0
    (folder,) = (cache_folder() / "zoo").glob("*/corners/[!.]*/")
    assert capsys.readouterr().out == f"corners: 0.0 MB in {folder}\n"
    source = folder.parent.parent.name

    assert main(["zoo", "verify"]) == 0
    assert capsys.readouterr().out == f"corners ({source}): whole\n"
    (folder / "net.yaml").write_text("")
    assert main(["zoo", "verify", "corners"]) == 1
    assert capsys.readouterr().out.startswith(f"corners ({source}): DAMAGED: net.yaml: 0 bytes,")
    assert main(["zoo", "pull", "corners"]) == 0
    assert main(["zoo", "verify", "corners"]) == 0
    capsys.readouterr()

    assert main(["zoo", "remove", "corners"]) == 0
    assert capsys.readouterr().out == f"removed corners ({source})\n"
    assert main(["zoo", "remove", "corners"]) == 2
    assert capsys.readouterr().err == "error: corners is not in the cache; there is none\n"


def test_what_is_listed_and_told_is_data_on_request(models: Path, capsys: Capture) -> None:
    assert main(["zoo", "list", "--format", "json"]) == 0
    (entry,) = [one for one in json.loads(capsys.readouterr().out) if one["name"] == "corners"]
    assert (entry["licence"], entry["pulled"]) == ("CC0", False)
    assert main(["zoo", "info", "corners", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((models / "corners/model.json").read_text())


def test_a_name_that_is_taken_and_a_folder_that_is_missing_are_told(
    models: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["zoo", "push", "corners", "run"]) == 2
    assert capsys.readouterr().err == (
        "error: models/corners: there is such a model already; replace it: --force\n"
    )
    assert main(["zoo", "push", "corners", "run", "--force"]) == 0
    capsys.readouterr()
    monkeypatch.delenv("PROTONET_ZOO")
    assert main(["zoo", "push", "corners", "run"]) == 2
    assert capsys.readouterr().err == "error: name the folder of models: --to FOLDER\n"


def test_what_cannot_be_had_is_told_in_one_line(capsys: Capture) -> None:
    assert main(["zoo", "pull", "resnet19"]) == 2
    assert capsys.readouterr().err == (
        "error: zoo://resnet19: there is no such model; did you mean resnet18?\n"
    )
    assert main(["zoo", "pull", "../../etc"]) == 2
    assert capsys.readouterr().err == (
        "error: '../../etc': a model is named by up to 100 letters, digits, and . _ + -, such as "
        "zoo://resnet18\n"
    )
    assert main(["zoo", "verify", "resnet18"]) == 2
    assert capsys.readouterr().err == "error: resnet18 is not in the cache; there is none\n"
