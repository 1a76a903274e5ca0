from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from protonet.caffe.text_format import parse
from protonet.caffe.writing.for_opencv import place_of
from protonet.errors import VerifyError
from protonet.net import Net
from protonet.run import import_verify
from protonet.run.import_verify import Source, Standing, compared
from protonet.run.opencv import NotInOpenCVError
from tests.specs import net_of

PROTOTXT = """\
layer { name: "a" type: "Power" bottom: "data" top: "a" power_param { scale: 2 } }
layer { name: "b" type: "Power" bottom: "a" top: "b" power_param { shift: 1 } }
layer { name: "c" type: "Power" bottom: "data" top: "c" power_param { scale: 3 } }
layer { name: "d" type: "Eltwise" bottom: "b" bottom: "c" top: "d" }
"""
FED = {"data": np.array([[1.0, 2]], np.float32)}
RIGHT = {"a": [2.0, 4], "b": [3.0, 5], "c": [3.0, 6], "d": [6.0, 11]}


def net() -> Net:
    spec = net_of(
        "name: a, type: Power, scale: 2, bottom: data",
        "name: b, type: Power, shift: 1",
        "name: c, type: Power, scale: 3, bottom: data",
        "name: d, type: Eltwise, bottom: [b, c]",
        inputs="{data: [2]}",
    )
    return Net(spec, "deploy")


def source() -> Source:
    parsed = parse(PROTOTXT, "")
    places = dict(zip("abcd", parsed.fields, strict=True))
    layers = {name: Standing(place_of(one.mark), name, name) for name, one in places.items()}
    return Source(parsed, b"", layers)


def other(numbers: Mapping[str, Sequence[float]], refuses: Mapping[str, str]) -> Any:
    """Return a stand-in for OpenCV: it gives these numbers, and refuses some layers."""

    def run(prototxt: str, model: bytes, layers: Sequence[str], fed: Any) -> list[list[Any]]:
        for name, why in refuses.items():
            if f'name: "{name}"' in prototxt:
                raise NotInOpenCVError(why, name if "layer type" in why else "")
        return [[np.array([numbers[name]], np.float32)] for name in layers]

    return run


def lines(monkeypatch: pytest.MonkeyPatch, numbers: Any, refuses: Any = None) -> list[str]:
    monkeypatch.setattr(import_verify, "layer_outputs", other(numbers, refuses or {}))
    return list(compared(net(), source(), [FED]).lines(["prob"]))


def test_every_layer_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(monkeypatch, {**RIGHT, "c": [3.0, 6.0003]}) == [
        "layer  type     difference",
        "a      Power    0",
        "b      Power    0",
        "c      Power    5e-05",  # 0.0003 of 6
        "d      Eltwise  0",
        "prob stands in no file, and is not compared",
        "4 of 4 layers compared, at most 5e-05 apart (c)",
    ]


def test_a_layer_that_differs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**RIGHT, "c": [3.0, 6.006], "d": [6.0, math.nan]}
    assert lines(monkeypatch, wrong)[3:5] == [
        "c      Power    0.001       DIFFERS",
        "d      Eltwise  inf         DIFFERS",
    ]
    with pytest.raises(VerifyError) as caught:
        compared(net(), source(), [FED]).check()
    assert str(caught.value) == (
        "--verify: 2 layers differ from OpenCV's, first c, by 0.001 of its largest magnitude; "
        "0.0001 is allowed; nothing was written"
    )


def test_another_number_of_numbers_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "inf" in lines(monkeypatch, {**RIGHT, "a": [2.0]})[1]
    with pytest.raises(VerifyError) as caught:
        compared(net(), source(), [FED]).check()
    assert str(caught.value) == (
        "--verify: a layer differs from OpenCV's, first a, in how many numbers it gives, or in "
        "which of them are finite; nothing was written"
    )


def test_detections_are_compared_box_by_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of OpenCV's top the rows of zeros count for nothing, and a box more is a difference."""
    detector = "name: a, type: DetectionOutput, num_classes: 2, bottom: [loc, conf, priors]"
    inputs = "{loc: [4], conf: [2], priors: {shape: [1, 2, 4], batch: false}}"
    found = Net(net_of(detector, inputs=inputs), "deploy")
    fed = {"loc": [[0, 0, 1, 1]], "conf": [[0.25, 0.75]], "priors": [[[0, 0, 4, 4], [1, 1, 1, 1]]]}
    batch = {name: np.array(numbers, np.float32) for name, numbers in fed.items()}
    box = [0, 1, 0.75, 0, 0, 5, 5]

    def apart(*rows: Sequence[float]) -> float:
        top = np.array([[rows]], np.float32)
        monkeypatch.setattr(import_verify, "layer_outputs", lambda *_: [[top]])
        return compared(found, source(), [batch]).largest["a"]

    assert apart(box, [0] * 7, [0] * 7) == 0
    assert apart([*box[:-1], 5.001]) == pytest.approx(0.001 / 5, rel=1e-3)
    assert apart(box, box) == apart([0] * 7) == apart([0, 0, *box[2:]]) == math.inf


def test_a_type_that_it_has_not_is_named_with_what_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert lines(monkeypatch, RIGHT, {"a": "OpenCV has no layer type Power"}) == [
        "layer  type",
        "a      Power    OpenCV has no layer type Power",
        "b      Power    OpenCV has no layer type Power",
        "c      Power    OpenCV has no layer type Power",
        "d      Eltwise  reads what OpenCV has not",
        "prob stands in no file, and is not compared",
        "0 of 4 layers compared",
    ]
    with pytest.raises(VerifyError) as caught:
        compared(net(), source(), [FED]).check()
    assert str(caught.value) == ("--verify: OpenCV can run none of the layers; nothing was written")


@pytest.mark.parametrize("guilty", "abcd")
def test_a_layer_that_it_refuses_is_found(guilty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        import_verify, "layer_outputs", other(RIGHT, {guilty: "OpenCV refuses it: so"})
    )
    found = compared(net(), source(), [FED])

    below = {"a": "bd", "b": "d", "c": "d", "d": ""}[guilty]
    assert found.lacking == {
        guilty: "OpenCV refuses it: so",
        **dict.fromkeys(below, "reads what OpenCV has not"),
    }
    assert [*found.largest] == [name for name in "abcd" if name not in {guilty, *below}]


def test_all_batches_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def scaled(prototxt: str, model: bytes, layers: Sequence[str], fed: Any) -> list[list[Any]]:
        factor = float(fed["data"][0, 0])
        right = {"a": 2, "b": 0, "c": 3, "d": 0}
        return [
            [fed["data"] * right[name] + (0.3 if name == "a" and factor > 1 else 0)]
            for name in layers
        ]

    monkeypatch.setattr(import_verify, "layer_outputs", scaled)
    batches = [{"data": FED["data"] * number} for number in (1, 3)]
    assert compared(net(), source(), batches).largest["a"] == pytest.approx(0.3 / 12)


def test_opencv_itself_gives_the_same() -> None:
    pytest.importorskip("cv2")
    found = compared(net(), source(), [FED])

    assert found.lacking == {}
    assert max(found.largest.values()) <= 1e-6
    assert torch.equal(torch.tensor(RIGHT["d"]), net()({"data": torch.tensor(FED["data"])})["d"][0])
