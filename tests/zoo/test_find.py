"""`zoo://NAME` where a file could be named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet import Net
from protonet.data.cache import cache_folder
from protonet.errors import DataError, SpecError, UsageError
from protonet.schema import Tables, load_spec
from protonet.zoo.find import load_weights, net_file, weights_file
from tests.zoo.made import NET, pushed


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROTONET_ZOO", str(tmp_path / "models"))
    return pushed(tmp_path / "models")


def test_a_net_of_the_index_needs_neither_network_nor_cache() -> None:
    assert net_file("zoo://resnet18").name == "resnet18_torchvision.yaml"
    assert not cache_folder().exists()


def test_a_net_and_weights_of_a_mirror_are_pulled_when_they_are_named(models: Path) -> None:
    assert net_file("zoo://tiny").read_text() == NET
    assert weights_file("zoo://tiny").parent == net_file("zoo://tiny").parent


def test_weights_are_loaded_under_the_name_of_the_model(models: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(NET)
    net = Net(load_spec(tmp_path / "x.yaml").net, "train")
    report = load_weights(net, "zoo://tiny")
    assert report.lines() == ["weights from zoo://tiny: 2 of 2 parameters loaded"]
    assert torch.equal(net.params["ip"]["bias"], torch.ones(3))


def test_a_file_is_loaded_as_before(models: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(NET)
    net = Net(load_spec(tmp_path / "x.yaml").net, "train")
    path = models / "tiny/weights.safetensors"
    assert load_weights(net, path).path == str(path)


def test_the_folder_of_a_model_stands_for_its_weights(models: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(NET)
    net = Net(load_spec(tmp_path / "x.yaml").net, "train")
    folder = models / "tiny"
    assert load_weights(net, folder).lines() == [f"weights from {folder}: 2 of 2 parameters loaded"]


FINE = """\
net:
  base: zoo://tiny
  layers: [{name: ip, num_output: 5}]
"""


def test_a_net_builds_on_one_of_the_zoo(models: Path, tmp_path: Path) -> None:
    (tmp_path / "fine.yaml").write_text(FINE)
    spec = load_spec(tmp_path / "fine.yaml", tables=Tables(find=net_file))
    assert [layer.name for layer in spec.net.layers] == ["ip", "loss", "accuracy"]
    assert Net(spec.net, "train").params["ip"]["weight"].shape == (5, 4)


def test_a_name_that_is_not_known_is_an_error_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fine.yaml").write_text(FINE.replace("tiny", "resnet19"))
    with pytest.raises(SpecError) as raised:
        load_spec("fine.yaml", tables=Tables(find=net_file))
    assert (
        str(raised.value)
        == """\
error[PN034] fine.yaml:2:9 net: zoo://resnet19: there is no such model; did you mean resnet18?
    2 |   base: zoo://resnet19
      |         ^^^^^^^^^^^^^^
      see: protonet explain PN034
1 error in fine.yaml"""
    )


def test_offline_without_the_model_it_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROTONET_ZOO", "http://127.0.0.1:9")
    with pytest.raises(DataError) as raised:
        net_file("zoo://tiny")
    assert str(raised.value) == "http://127.0.0.1:9/tiny/model.json: Connection refused"


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^'zoo://a/b': a model is named by"):
        weights_file("zoo://a/b")
