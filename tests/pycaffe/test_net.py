"""Nets against what the real Caffe made of the same prototxt: names, copies, shapes, numbers and
gradients; and Net's own methods."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import protonet.pycaffe as caffe
from protonet.caffe.data_layers import PARAM
from protonet.errors import UsageError
from protonet.pycaffe.proto import caffe_pb2
from tests.golden import fill
from tests.golden.cases import FOLDER, cases
from tests.pycaffe.prototxts import CHAIN, net_of, written

WITHIN = 1e-4
LARGE = 10_000_000

Recorded = Mapping[str, Any]


def recorded_nets() -> Iterator[Any]:
    for name in cases("nets", ".json"):
        large = read(name)["n_params_all_layers"] > LARGE
        yield pytest.param(name, marks=pytest.mark.slow) if large else name


def read(name: str) -> Recorded:
    recorded: Recorded = json.loads((FOLDER / "nets" / f"{name}.json").read_text())
    return recorded


@pytest.mark.parametrize("name", list(recorded_nets()))
def test_a_net_is_what_caffe_made_of_it(name: str, reference: Path, tmp_path: Path) -> None:
    recorded = read(name)
    *_, folder, file = Path(recorded["source"]).parts
    prototxt = reference / "models" / "caffe_nets" / folder / file
    if not prototxt.exists():
        pytest.skip(f"{recorded['source']} is not in the reference")
    text = with_inputs(prototxt.read_text(), recorded)

    net = caffe.Net(str(written(tmp_path, text)), getattr(caffe, recorded["phase"]))

    assert [(one.name, one.type) for one in net.layers] == [
        (layer["name"], layer["type"]) for layer in recorded["layers"]
    ]
    assert [[name, list(blob.shape)] for name, blob in net.blobs.items()] == recorded["blobs"]
    assert (net.inputs, net.outputs) == (recorded["inputs"], recorded["outputs"])
    assert {
        layer: [list(blob.shape) for blob in blobs] for layer, blobs in net.params.items()
    } == recorded["params"]
    weights = {name: weight for name, weight in net.blob_loss_weights.items() if weight}
    assert weights == pytest.approx(recorded["loss_weights"])
    for layer in recorded["layers"]:
        if [one["name"] for one in recorded["layers"]].count(layer["name"]) == 1:
            assert net.bottom_names[layer["name"]] == layer["bottoms"]
            assert net.top_names[layer["name"]] == layer["tops"]
    if "check" in recorded:
        compare_numbers(net, recorded)


def with_inputs(text: str, recorded: Recorded) -> str:
    """Return a prototxt whose data layers are Input layers, as they were when it was recorded."""
    if not recorded["data_layers_replaced_by_input"]:
        return text
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    shapes = dict(recorded["blobs"])
    inputs = {one["name"] for one in recorded["layers"] if one["type"] == "Input"}
    kept: list[Any] = []
    for layer in net.layer:
        if layer.type not in PARAM:
            kept.append(layer)
        elif layer.name in inputs:
            inputs.remove(layer.name)
            made = caffe_pb2.LayerParameter(name=layer.name, type="Input", top=layer.top)
            for top in layer.top:
                made.input_param.shape.add(dim=shapes[top])
            kept.append(made)
    del net.layer[:]
    net.layer.extend(kept)
    return str(net)


def compare_numbers(net: caffe.Net, recorded: Recorded) -> None:
    check = recorded["check"]
    fill_in(net, recorded)
    net.forward()
    for blob, statistics in check["blobs"].items():
        compare(net.blobs[blob].data, statistics)
    if "loss" in check:
        assert net.loss == pytest.approx(check["loss"], rel=WITHIN)
    if "param_grads" in check:
        net.backward()
    for name, statistics in check.get("param_grads", {}).items():
        layer, _, place = name.rpartition("/")
        compare(net.params[layer][int(place)].diff, statistics)


def fill_in(net: caffe.Net, recorded: Recorded) -> None:
    """Write the weights and inputs that were recorded."""
    check, shapes = recorded["check"], dict(recorded["blobs"])
    seen: set[int] = set()
    for layer in net.layers:
        for place, blob in enumerate(layer.blobs):
            if id(blob) not in seen:  # a shared parameter is as its first layer has it
                blob.data[...] = fill.parameter(layer.name, layer.type, place, blob.shape)
            seen.add(id(blob))
    for name in recorded["inputs"]:
        net.blobs[name].reshape(check["batch"], *shapes[name][1:])
        net.blobs[name].data[...] = fed(net.blobs[name].shape, name, check)


def fed(shape: tuple[int, ...], blob: str, check: Recorded) -> np.ndarray:
    if blob in ("label", "sim"):
        return fill.labels(shape, int(check["blobs"][blob]["max"]) + 1)
    values = fill.data(blob, shape)
    return np.abs(values) if "input_note" in check else values


def compare(array: np.ndarray, statistics: Recorded) -> None:
    values = array.astype(np.float64)
    found = {
        "l2": float(np.linalg.norm(values)),
        "min": float(values.min()),
        "max": float(values.max()),
    }
    wanted = {name: statistics[name] for name in found}
    assert found == pytest.approx(wanted, rel=WITHIN, abs=1e-6)
    first = statistics["first"]
    assert values.reshape(-1)[: len(first)].tolist() == pytest.approx(first, rel=1e-3, abs=1e-5)


def test_made_by_keywords_and_with_weights(tmp_path: Path) -> None:
    first = net_of(tmp_path, CHAIN)
    first.save(str(tmp_path / "first.caffemodel"))

    second = caffe.Net(
        network_file=str(tmp_path / "net.prototxt"),
        phase=caffe.TEST,
        level=0,
        stages=["deploy"],
        weights=str(tmp_path / "first.caffemodel"),
    )
    third = caffe.Net(
        str(tmp_path / "net.prototxt"), str(tmp_path / "first.caffemodel"), caffe.TEST
    )

    for other in (second, third):
        for name, blobs in first.params.items():
            np.testing.assert_array_equal(other.params[name][0].data, blobs[0].data)
    assert first.name == "chain"


def test_parameters_are_written_into(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    net.params["ip1"][0].data[...] = np.arange(12).reshape(4, 3)
    net.params["ip1"][1].data[...] = [-10, 0, 0, 1]
    net.blobs["data"].data[...] = [[1, 0, 0], [0, 1, 1]]

    net.forward(end="relu1")

    # rows 0 1 2, 3 4 5, 6 7 8, 9 10 11 of the weight; negative numbers are cut off
    assert net.blobs["ip1"].data.tolist() == [[0, 3, 6, 10], [0, 9, 15, 22]]


def test_other_inputs_reshape_the_net(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    net.blobs["data"].reshape(5, 3)

    net.reshape()

    assert {name: blob.shape for name, blob in net.blobs.items()} == {
        "data": (5, 3),
        "ip1": (5, 4),
        "ip2": (5, 2),
        "prob": (5, 2),
    }
    assert net.forward()["prob"].shape == (5, 2)


def test_functions_are_called_around_every_layer(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    seen: list[tuple[str, int]] = []
    net.before_forward(lambda number: seen.append(("before forward", number)))
    net.after_forward(lambda number: seen.append(("after forward", number)))
    net.before_backward(lambda number: seen.append(("before backward", number)))
    net.after_backward(lambda number: seen.append(("after backward", number)))

    net.forward(start="ip2", end="prob")
    net.backward(end="prob")

    assert seen == [
        ("before forward", 3),
        ("after forward", 3),
        ("before forward", 4),
        ("after forward", 4),
        ("before backward", 4),
        ("after backward", 4),
    ]


def test_set_input_arrays_needs_a_memory_data_layer(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        net_of(tmp_path, CHAIN).set_input_arrays(np.zeros((1, 1, 1, 1)), np.zeros(1))

    assert str(caught.value) == "set_input_arrays: the net has no layer of type MemoryData"
