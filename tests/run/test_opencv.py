from __future__ import annotations

import builtins
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from protonet.caffe.writing.caffemodel import Stored, caffemodel_parts
from protonet.errors import UsageError
from protonet.run.opencv import NotInOpenCVError, layer_outputs, opencv_version

NET = """\
input: "data" input_shape { dim: 1 dim: 1 dim: 1 dim: 3 }
layer { name: "half" type: "Scale" bottom: "data" top: "x" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "x" top: "x" }
"""
MODEL = b"".join(caffemodel_parts("", [Stored("half", "Scale", [np.array([0.5]), np.array([-1])])]))


def test_every_layer_gives_what_it_computes_itself() -> None:
    pytest.importorskip("cv2")
    data = np.array([[[[1, 2, 4]]]], np.float32)

    (half,), (relu,) = layer_outputs(NET, MODEL, {"half": "x", "relu": "x"}, {"data": data})

    assert half.reshape(-1).tolist() == [-0.5, 0, 1]  # x / 2 - 1
    assert relu.reshape(-1).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("layer", "why", "name"),
    [
        ('type: "Odd"', "OpenCV has no layer type Odd", "last"),
        (
            'type: "Convolution" convolution_param { num_output: 2 kernel_size: 9 }',
            "OpenCV refuses it: ",
            "",
        ),
    ],
)
def test_what_it_cannot_run_is_named(
    layer: str, why: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cv2")
    net = f'{NET}layer {{ name: "last" bottom: "x" top: "y" {layer} }}\n'
    with pytest.raises(NotInOpenCVError) as caught:
        layer_outputs(net, MODEL, {"last": "y"}, {"data": np.ones((1, 1, 1, 3))})

    assert caught.value.why.startswith(why)
    assert "\n" not in caught.value.why
    assert caught.value.layer == name


def test_a_layer_is_found_that_opencv_calls_by_its_top() -> None:
    pytest.importorskip("cv2")
    net = """\
input: "data" input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }
layer { name: "conv.1" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 1 kernel_size: 2 } }
"""
    filters = [np.full((1, 1, 2, 2), 0.5), np.array([1.0])]
    model = b"".join(caffemodel_parts("", [Stored("conv.1", "Convolution", filters)]))
    ((top,),) = layer_outputs(net, model, {"conv.1": "c"}, {"data": np.ones((1, 1, 2, 2))})

    assert top.item() == 3  # 4 · 0.5 + 1


def test_where_it_is_missing_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **keys: Any) -> Any:
        if name == "cv2":
            raise ImportError("no module named cv2", name="cv2")
        return original(name, *rest, **keys)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        opencv_version()
    assert str(caught.value) == (
        "--verify needs OpenCV 4; get it with: pip install 'protonet[verify]'"
    )


def test_a_version_that_reads_no_nets_of_caffes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = SimpleNamespace(dnn=SimpleNamespace(), __version__="5.0.0")
    monkeypatch.setitem(__import__("sys").modules, "cv2", later)
    with pytest.raises(UsageError) as caught:
        opencv_version()
    assert str(caught.value) == (
        "--verify needs OpenCV 4, and 5.0.0 no longer reads Caffe's nets; get it with: "
        "pip install 'protonet[verify]'"
    )
