from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch

from protonet.errors import DataError, UsageError
from protonet.net import Net
from protonet.run.importing import Request, import_caffe
from protonet.run.loading import load
from protonet.snapshot import load_weights
from protonet.zoo.model import read_model
from tests.protobuf.wire import blob, layer

NET = """\
name: "tiny"
# what is read
layer { name: "in" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { mean_file: "mean.binaryproto" } data_param { source: "s" batch_size: 2 } }
layer { name: "in" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { mean_file: "mean.binaryproto" scale: 0.5 }
  data_param { source: "s" batch_size: 2 } }
layer { name: "ip.1" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 4 solver_mode: CPU'
WEIGHT = [float(number) for number in range(8)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(SOLVER)
    Path("mean.binaryproto").write_bytes(blob((1, 1, 2, 2), 1, 2, 3, 4))
    Path("net.caffemodel").write_bytes(
        layer("ip.1", blob((1, 1, 2, 4), *WEIGHT), blob((2,), 8, 9)) + layer("old", blob((1,), 1))
    )
    Path("names.txt").write_text("cat\ndog\n")


WHOLE = Request(
    Path("solver.prototxt"), Path("made"), Path("net.caffemodel"), classes=Path("names.txt")
)


def said(request: Request) -> list[str]:
    lines: list[str] = []
    import_caffe(request, lines.append)
    return lines


def refusal(request: Request) -> str:
    with pytest.raises((DataError, UsageError)) as error:
        said(request)
    assert not Path("made").exists()
    return str(error.value)


def test_a_solver_and_its_weights_become_a_folder() -> None:
    lines = said(WHOLE)

    assert Path("made/net.yaml").read_text() == (
        "# protonet train net.yaml\n"
        "# protonet test net.yaml --weights weights.safetensors\n"
        "#\n"
        "# Imported from net.prototxt, solver.prototxt, net.caffemodel, names.txt.\n"
        "name: tiny\n"
        "data:\n"
        "  # what is read\n"
        "  train: {source: s, batch_size: 2, transform: {mean_file: mean.npy}}\n"
        "  test: {source: s, batch_size: 2, transform: {mean_file: mean.npy, scale: 0.5}}\n"
        "net:\n"
        "  inputs: {data: [1, 2, 2], label: {shape: [], dtype: int64}}\n"
        "  layers:\n"
        "    - {name: ip_1, type: InnerProduct, top: ip, num_output: 2}\n"
        "    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}\n"
        "solver:\n"
        "  base_lr: 0.1\n"
        "  max_iter: 4\n"
        "  device: cpu\n"
        "  channels_last: false           # Caffe's memory layout, in which training rounds as its "
        "did\n"
        "  weights: weights.safetensors\n"
    )
    assert lines[:6] == [
        "layer  type             became      parameters",
        "in     Data             data.train",
        "in     Data             data.test",
        "ip.1   InnerProduct     ip_1        weight (2, 4) from (1, 1, 2, 4), bias (2)",
        "loss   SoftmaxWithLoss  layer",
        "",
    ]
    assert "note: there is no s; change it before you train" in lines
    tensors = safetensors.torch.load_file("made/weights.safetensors")
    assert {name: tensor.flatten().tolist() for name, tensor in tensors.items()} == {
        "ip_1/weight": WEIGHT,
        "ip_1/bias": [8, 9],
    }
    assert np.load("made/mean.npy").tolist() == [[[1, 2], [3, 4]]]


def test_the_folder_is_a_model_of_the_zoo() -> None:
    said(WHOLE)

    model = read_model(Path("made/model.json").read_bytes(), "made")

    assert (model.name, model.parameters, model.multiply_adds) == ("tiny", 10, 8)
    assert model.evaluation is not None
    assert (model.evaluation.input, model.evaluation.classes) == ("data", ("cat", "dog"))
    assert [step["type"] for step in model.evaluation.transform] == ["Mean", "Scale"]
    assert "licence" in json.loads(Path("made/model.json").read_text())


def test_what_was_made_computes_what_the_files_say() -> None:
    said(WHOLE)

    net = Net(load("made/net.yaml").net, "deploy")
    assert load_weights(net, "made/weights.safetensors").left == ()
    direct = Net(load("net.prototxt").net, "deploy")
    assert load_weights(direct, "net.caffemodel").left == ()
    assert all(
        (own == direct.named_tensors()[name]).all() for name, own in net.named_tensors().items()
    )


def test_a_net_alone_becomes_a_file() -> None:
    said(Request(Path("net.prototxt"), Path("x.yaml"), overrides=("data.test.batch_size=7",)))

    assert load("x.yaml").data["test"].batch_size == 7
    assert sorted(path.name for path in Path().glob("x*")) == ["x.yaml", "x_mean.npy"]


def test_a_mean_goes_where_none_is_named() -> None:
    Path("bare.prototxt").write_text(NET.replace('mean_file: "mean.binaryproto"', ""))
    request = Request(
        Path("bare.prototxt"),
        Path("x.yaml"),
        mean=Path("mean.binaryproto"),
        overrides=("net.inputs.data=[1,2,2]",),
    )

    said(request)

    assert Path("x.yaml").read_text().count("mean_file: x_mean.npy") == 2


def test_weights_of_another_net_are_refused_after_the_report() -> None:
    Path("net.caffemodel").write_bytes(layer("ip.1", blob((3, 4), *range(12))))

    lines: list[str] = []
    with pytest.raises(DataError) as error:
        import_caffe(replace(WHOLE, allow_missing=True), lines.append)

    assert str(error.value) == (
        "net.caffemodel does not fit solver.prototxt: 0 of 2 parameters match, none of its arrays "
        "fits; of another shape: ip_1/weight; not in the file: ip_1/bias"
    )
    assert any("weight (2, 4) IS (3, 4), bias (2) MISSING" in line for line in lines)
    assert not Path("made").exists()


def test_weights_that_are_missing_may_be_permitted() -> None:
    Path("net.caffemodel").write_bytes(layer("ip.1", blob((2, 4), *WEIGHT)))

    assert refusal(WHOLE) == (
        "net.caffemodel does not fit solver.prototxt: 1 of 2 parameters match, not in the file: "
        "ip_1/bias; --allow-missing leaves what is missing to its filler"
    )
    said(replace(WHOLE, allow_missing=True))
    assert list(safetensors.torch.load_file("made/weights.safetensors")) == ["ip_1/weight"]


def test_names_of_other_classes_are_refused() -> None:
    Path("names.txt").write_text("cat\ndog\ncow\n")

    assert refusal(WHOLE) == "names.txt: it names 3 classes, and the net gives prob (N, 2)"


def test_class_names_need_a_folder_and_weights() -> None:
    why = (
        "names.txt: class names are kept in model.json, beside weights in a folder: give WEIGHTS, "
        "and a folder as --out"
    )

    assert refusal(replace(WHOLE, weights=None)) == why
    assert refusal(replace(WHOLE, out=Path("x.yaml"))) == why


def test_a_mean_of_another_image_is_refused() -> None:
    Path("other.binaryproto").write_bytes(blob((1, 3, 1, 1), 1, 2, 3))

    assert refusal(replace(WHOLE, mean=Path("other.binaryproto"))) == (
        "mean.npy: the mean has the shape (3, 1, 1), and the net reads data (N, 1, 2, 2)"
    )


def test_other_files_are_refused() -> None:
    assert refusal(replace(WHOLE, net=Path("net.caffemodel"))) == (
        "net.caffemodel: a net or a solver of Caffe's is a .prototxt file"
    )
    Path("taken.yaml").touch()
    assert refusal(replace(WHOLE, out=Path("taken.yaml"), classes=None)) == (
        "taken.yaml exists; --force writes over it"
    )


def test_weights_of_other_layers_are_refused() -> None:
    Path("net.caffemodel").write_bytes(layer("other", blob((1,), 1)))

    assert refusal(WHOLE) == (
        "net.caffemodel does not fit solver.prototxt: 0 of 2 parameters match, none of its arrays "
        "fits; not in the file: ip_1/weight, ip_1/bias"
    )


def test_a_mean_that_nothing_takes_is_told() -> None:
    Path("deploy.prototxt").write_text(
        'input: "data" input_shape { dim: 1 dim: 1 dim: 2 dim: 2 } '
        'layer { name: "r" type: "ReLU" bottom: "data" top: "r" }'
    )

    lines = said(Request(Path("deploy.prototxt"), Path("x.yaml"), mean=Path("mean.binaryproto")))

    assert lines[-1] == "note: no data set takes the mean image x_mean.npy"
