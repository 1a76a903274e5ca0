from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml

import protonet
from protonet.problems import SourceText
from protonet.run.facts import facts_text, resolved, spec_text, weights_of
from protonet.run.job import prepare
from protonet.schema import load_spec
from protonet.source.yaml_text import read_yaml
from tests.small import small_file, small_spec


def test_a_resolved_spec_means_the_same_wherever_it_lies(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    path = small_file(home, more="weights: [w.npz, /abs/v.npz, zoo://small]")
    spec = load_spec(path, ["solver.base_lr=0.5", "data.train.transform.scale=0.5"])

    plain = resolved(spec)
    (elsewhere / "spec.yaml").write_text(spec_text(plain))

    assert plain["data"]["train"]["source"] == f"{home}/points.lmdb/train"
    assert plain["solver"]["weights"] == [f"{home}/w.npz", "/abs/v.npz", "zoo://small"]
    again = load_spec(elsewhere / "spec.yaml")
    assert resolved(again) == plain
    assert again.solver is not None
    assert again.solver.base_lr == 0.5


def test_paths_of_the_command_line_begin_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    overrides = [
        "data.train.source=a.lmdb",
        "data.train.transform.mean_file=mean.npy",
        "data.test.transform=[{type: Mean, file: mean.npy}]",
        "solver.weights=[w.npz]",
    ]
    plain = resolved(load_spec(small_file(home), overrides))
    assert plain["data"]["train"]["source"] == f"{here}/a.lmdb"
    assert plain["data"]["train"]["transform"]["mean_file"] == f"{here}/mean.npy"
    assert plain["data"]["test"]["transform"][0]["file"] == f"{here}/mean.npy"
    assert plain["data"]["test"]["source"] == f"{home}/points.lmdb/test"
    assert plain["solver"]["weights"] == [f"{here}/w.npz"]


def test_the_files_of_layers_are_absolute(tmp_path: Path) -> None:
    layer = "{name: out, type: HDF5Output, bottom: [data, label], file_name: out.h5}"
    net = f"net: {{inputs: {{data: [3], label: []}}, layers: [{layer}]}}"
    (tmp_path / "net.yaml").write_text(net)
    spec = load_spec(tmp_path / "net.yaml")
    for expanded in (False, True):
        (written,) = resolved(spec, expanded=expanded)["net"]["layers"]
        assert written["file_name"] == f"{tmp_path}/out.h5"


def test_resolving_leaves_the_spec_as_it_is(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    resolved(spec)
    assert spec.origin.data["data"]["train"]["source"] == "points.lmdb/train"


def test_every_dataset_of_a_source_is_made_absolute(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    text = path.read_text().replace(
        "source: points.lmdb/train", "source: {points.lmdb/train: 3, dataset://digits/train: 1}"
    )
    path.write_text(text.replace("source: points.lmdb/test", "source: [points.lmdb/test, b.h5]"))
    data = resolved(load_spec(path))["data"]
    home = tmp_path.absolute()
    assert data["train"]["source"] == {f"{home}/points.lmdb/train": 3, "dataset://digits/train": 1}
    assert data["test"]["source"] == [f"{home}/points.lmdb/test", f"{home}/b.h5"]


def test_known_sets_and_the_files_own_name_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "data: {train: {source: dataset://digits/train, batch_size: 1}}\n"
        "net: {inputs: {data: [1]}, layers: [{name: a, type: ReLU}]}\n"
    )
    plain = resolved(load_spec(path))
    assert plain["data"]["train"]["source"] == "dataset://digits/train"
    assert plain["name"] == "mine"


BLOCKS = """\
name: 5 $$ each
vars: {width: 4}
net:
  inputs: {data: [6]}
  blocks:
    two:
      layers:
        - {name: ip, type: InnerProduct, num_output: $width}
        - {name: relu, type: ReLU}
  layers: [{name: a, type: two}, {name: b, type: Softmax}]
"""


def test_a_spec_with_blocks_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "blocks.yaml"
    path.write_text(BLOCKS)
    spec = load_spec(path)
    plain = resolved(spec)
    assert plain == {
        "name": "5 $$ each",
        "net": {
            "inputs": {"data": [6]},
            "layers": [
                {"name": "a/ip", "type": "InnerProduct", "bottom": "data", "num_output": 4},
                {"name": "a/relu", "type": "ReLU", "bottom": "a/ip"},
                {"name": "b", "type": "Softmax", "bottom": "a/relu"},
            ],
        },
    }
    path.write_text(spec_text(plain))
    assert resolved(load_spec(path)) == plain


def test_a_spec_that_needs_no_expansion_is_kept_as_written_unless_asked(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    layers = resolved(spec)["net"]["layers"]
    assert layers == spec.origin.data["net"]["layers"]
    assert "bottom" not in layers[1]
    assert resolved(spec, expanded=True)["net"]["layers"][1]["bottom"] == "hidden"


def test_a_dollar_in_a_folders_name_is_no_expression(tmp_path: Path) -> None:
    home = tmp_path / "$cash"
    home.mkdir()
    plain = resolved(small_spec(home, more="weights: [w.npz]"))
    assert plain["data"]["train"]["source"] == f"{tmp_path}/$$cash/points.lmdb/train"
    (tmp_path / "spec.yaml").write_text(spec_text(plain))
    again = load_spec(tmp_path / "spec.yaml")
    assert again.solver is not None
    assert again.solver.weights == (f"{home}/w.npz",)
    assert again.data["train"].sources[()].source == f"{home}/points.lmdb/train"


PLUGIN = """\
import dataclasses
from protonet.layers.relu import RELU
MINE = dataclasses.replace(RELU, name="Mine")
"""


def test_plugins_are_named_by_their_absolute_paths(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    path = tmp_path / "net.yaml"
    path.write_text(
        "plugins: [mine.py]\nnet: {inputs: {x: [1]}, layers: [{name: a, type: Mine}]}\n"
    )
    plain = resolved(load_spec(path))
    assert plain["plugins"] == [f"{tmp_path}/mine.py"]
    assert plain["net"]["layers"] == [{"name": "a", "type": "Mine"}]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "spec.yaml").write_text(spec_text(plain))
    assert resolved(load_spec(tmp_path / "elsewhere" / "spec.yaml"))["plugins"] == plain["plugins"]


def test_the_text_of_a_spec_is_yaml_in_the_order_it_was_written(tmp_path: Path) -> None:
    text = spec_text(resolved(small_spec(tmp_path)))
    assert [line.split(":")[0] for line in text.splitlines() if line[0] not in " -"] == [
        *("name", "data", "net", "solver")
    ]
    assert yaml.safe_load(text)["net"]["layers"][0]["name"] == "hidden"


@pytest.mark.parametrize("text", ["1e-3", "012", "no", "null", "0x1f", "true", "a: b", "12", "é"])
def test_a_text_is_read_back_as_a_text(text: str) -> None:
    written = spec_text({"name": text})
    assert read_yaml(written, SourceText("a", (written,))).data == {"name": text}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"weights": null}'])
def test_damaged_facts_name_no_weights(text: str) -> None:
    assert weights_of(text) == ()


def test_facts_name_versions_machine_data_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["protonet", "train", "my net.yaml"])
    job = prepare(small_spec(tmp_path), None, lambda text: None)
    facts = json.loads(facts_text(job, ["a.npz", "/b.npz"]))
    assert facts["weights"] == [f"{Path.cwd()}/a.npz", "/b.npz"]
    assert facts["versions"]["protonet"] == protonet.__version__
    assert facts["versions"]["torch"] == torch.__version__
    assert facts["machine"]["threads"] == 1
    assert facts["data"]["train"] == {
        "path": f"{tmp_path}/points.lmdb/train",
        "content_hash": job.sets["train"].first.header.content_hash,
    }
    assert facts["command"] == "protonet train 'my net.yaml'"


def test_the_folder_of_images_is_made_absolute_and_made_up_samples_have_none(
    tmp_path: Path,
) -> None:
    path = small_file(tmp_path)
    path.write_text(path.read_text().replace("points.lmdb/train", "list.txt, root_folder: far"))
    data = resolved(load_spec(path, ["data.test={source: random, batch_size: 1}"]))["data"]
    assert data["train"]["source"] == f"{tmp_path}/list.txt"
    assert data["train"]["root_folder"] == f"{tmp_path}/far"
    assert data["test"]["source"] == "random"
