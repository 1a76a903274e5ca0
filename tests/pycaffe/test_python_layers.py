from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import SpecError
from protonet.pycaffe.python_layers import Layer, PythonLayers
from tests.pycaffe.prototxts import net_of

MODULE = "tests.pycaffe.my_python_layers"

LOSS = f"""\
layer {{ name: "data" type: "Input" top: "x" top: "y"
        input_param {{ shape: {{ dim: 2 dim: 3 }} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "Python" bottom: "ip" bottom: "y" top: "loss" loss_weight: 1
        python_param {{ module: "{MODULE}" layer: "EuclideanLoss" }} }}
"""

COUNTING = f"""\
layer {{ name: "c" type: "Python" top: "c"
        python_param {{ module: "{MODULE}" layer: "Counting" param_str: "10" }} }}
layer {{ name: "twice" type: "Power" bottom: "c" top: "twice" power_param {{ scale: 2 }} }}
"""


def test_a_loss_in_python_trains_like_the_one_in_cpp(tmp_path: Path) -> None:
    text = LOSS.replace('"Python"', '"EuclideanLoss"').split(" loss_weight: 1")[0] + " }\n"
    ours, caffes = net_of(tmp_path, LOSS, caffe.TRAIN), net_of(tmp_path, text, caffe.TRAIN)
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(2, 2, 3)).astype(np.float32)
    caffes.params["ip"][0].data[...] = ours.params["ip"][0].data

    for net in (ours, caffes):
        net.forward(x=x, y=y)
        net.backward()

    assert ours.loss == pytest.approx(caffes.loss, rel=1e-5)
    np.testing.assert_allclose(
        ours.params["ip"][0].diff, caffes.params["ip"][0].diff, rtol=1e-4, atol=1e-6
    )


def test_a_layer_that_gives_data(tmp_path: Path) -> None:
    net = net_of(tmp_path, COUNTING)

    assert [net.forward()["twice"].tolist() for _ in range(2)] == [[[20], [20]], [[40], [40]]]
    assert net.layers[0].type == "Python"


@pytest.mark.parametrize(
    ("module", "layer", "why"),
    [
        (
            "no_such_module_here",
            "A",
            "the module no_such_module_here cannot be imported: No module",
        ),
        (MODULE, "Nothing", f"the module {MODULE} has no class Nothing"),
        (
            MODULE,
            "Stranger",
            f"{MODULE}.Stranger is no Layer, and has no method setup, reshape, forward, backward",
        ),
        (
            MODULE,
            "Unfinished",
            "Layer.reshape raised NotImplementedError: Unfinished has no method reshape",
        ),
        (
            MODULE,
            "EuclideanLoss",
            "EuclideanLoss.setup raised Exception: Need two inputs to compute distance.",
        ),
    ],
)
def test_a_class_that_cannot_be_used(module: str, layer: str, why: str, tmp_path: Path) -> None:
    text = COUNTING.replace(MODULE, module).replace("Counting", layer)

    with pytest.raises(SpecError) as caught:
        net_of(tmp_path, text)

    assert why in str(caught.value)
    assert "net.prototxt:1:1 net.layers.c" in str(caught.value)


def test_methods_that_a_class_lacks_are_named() -> None:
    layer = Layer()

    for method, given in ((layer.forward, ((), ())), (layer.backward, ((), (), ()))):
        with pytest.raises(NotImplementedError) as caught:
            method(*given)
        assert str(caught.value) == f"Layer has no method {method.__name__}"


def test_a_command_knows_no_such_type() -> None:
    from protonet.layers import LAYERS

    assert PythonLayers().type.name == "Python"
    assert "Python" not in LAYERS
