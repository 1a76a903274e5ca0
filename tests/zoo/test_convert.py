"""From published weights to a model; torchvision's are tested in test_pull.py."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.errors import DataError
from protonet.schema import load_spec
from protonet.zoo.check import check_files, shapes_of
from protonet.zoo.convert import convert, shipped_net, weights_of
from protonet.zoo.index import PUBLISHED
from protonet.zoo.model import NET
from protonet.zoo.published import Published
from tests.zoo.recorded import state_dict

CAFFE = [name for name, one in PUBLISHED.items() if one.rules is None]
FOLDERS = {"bvlc_caffenet": "bvlc_reference_caffenet"}
_LEARNING = re.compile(r'name: "([^"]+)"\s*\n\s*type: "(?:Convolution|InnerProduct)"')


@pytest.mark.parametrize("name", CAFFE)
def test_our_nets_of_caffe_have_the_layers_of_its_own(name: str, reference: Path) -> None:
    folder = reference / "models" / "caffe_nets" / FOLDERS.get(name, name)
    caffe = _LEARNING.findall((folder / "train_val.prototxt").read_text())
    ours = shapes_of(load_spec(shipped_net(PUBLISHED[name])))
    assert {key.rpartition("/")[0] for key in ours} == set(caffe)


@pytest.fixture
def alexnet() -> tuple[Published, dict[str, torch.Size]]:
    one = PUBLISHED["bvlc_alexnet"]
    return one, shapes_of(load_spec(shipped_net(one)))


def test_weights_of_caffe_are_taken_by_layer_and_number(
    tmp_path: Path, alexnet: tuple[Published, dict[str, torch.Size]]
) -> None:
    one, wanted = alexnet
    blobs = {
        f"{key.rpartition('/')[0]}/{0 if key.endswith('weight') else 1}": np.full(
            (1,) * (4 - len(shape)) + tuple(shape), number, np.float16
        )
        for number, (key, shape) in enumerate(wanted.items())
    }
    np.savez(
        tmp_path / "x.npz", allow_pickle=False, **blobs
    )  # read as a .caffemodel is: arrays by layer and number
    spec = load_spec(shipped_net(one))
    found = weights_of(one, tmp_path / "x.npz", spec)
    assert {name: tensor.shape for name, tensor in found.items()} == wanted
    assert [tensor.flatten()[0].item() for tensor in found.values()] == list(range(len(wanted)))
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}


def test_weights_of_another_net_of_caffe_are_refused(
    tmp_path: Path, alexnet: tuple[Published, dict[str, torch.Size]]
) -> None:
    one, _ = alexnet
    conv1 = {"conv1/0": np.zeros((96, 3, 7, 7), np.float32)}
    np.savez(tmp_path / "x.npz", allow_pickle=False, **conv1)
    with pytest.raises(DataError) as raised:
        weights_of(one, tmp_path / "x.npz", load_spec(shipped_net(one)))
    assert str(raised.value) == (
        f"{one.url}: these are other weights than the net's: it has no conv1/bias, conv2/weight, "
        "conv2/bias, conv3/weight, conv3/bias and 10 more; of another shape are conv1/weight"
    )


@pytest.mark.parametrize("zipped", [True, False])  # as torch wrote files until 2020
def test_what_is_made_stands_alone_and_says_where_it_comes_from(
    tmp_path: Path, *, zipped: bool
) -> None:
    one = PUBLISHED["squeezenet1_1"]
    given = state_dict("squeezenet1_1")
    torch.save(given, tmp_path / "x.pth", _use_new_zipfile_serialization=zipped)
    (tmp_path / "made").mkdir()
    model = convert(one, tmp_path / "x.pth", tmp_path / "made")
    check_files(tmp_path / "made")
    assert "base:" not in (tmp_path / "made" / NET).read_text()
    assert model.original is not None
    sha256 = hashlib.sha256((tmp_path / "x.pth").read_bytes()).hexdigest()
    assert (model.original.url, model.original.sha256) == (one.url, sha256)
    assert (model.parameters, model.multiply_adds // 10**6) == (1_235_496, 349)
    assert model.accuracy[0].value == pytest.approx(0.58178)


def test_a_net_that_is_no_longer_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.zoo.convert.shipped_nets", dict)
    with pytest.raises(DataError) as raised:
        shipped_net(PUBLISHED["resnet18"])
    assert str(raised.value) == (
        "resnet18_torchvision.yaml: this file of protonet's own is missing; install protonet again"
    )
