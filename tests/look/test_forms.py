from __future__ import annotations

import pytest

from protonet.errors import PathErrors
from protonet.look.forms import axis_names, prove_net
from tests.specs import net_of, spec_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"


def test_axes_are_named_where_they_follow_an_input() -> None:
    proved = prove_net(net_of(IP, LOSS), "train")
    assert [proved.axes(top) for node in proved.wiring.nodes for top in node.tops] == [
        ("N", 10),
        (),
    ]


def test_exact_sizes_are_proved_as_they_are() -> None:
    proved = prove_net(net_of(IP, LOSS), "deploy", {"N": 7})
    assert proved.phase == "deploy"
    assert [proved.blob(top).shape for node in proved.wiring.nodes for top in node.tops] == [
        (7, 10),
        (7, 10),  # the softmax that takes the place of the loss
    ]
    assert all(one.is_meta for one in proved.module(0).parameters())


def test_all_that_is_wrong_is_told() -> None:
    four, five = (f"name: s{axis}, type: Softmax, axis: {axis}" for axis in (4, 5))
    with pytest.raises(PathErrors) as caught:
        prove_net(net_of(IP, four, LOSS, f"{five}, bottom: ip"), "train")
    assert [error.path for error in caught.value.errors] == [
        ("net", "layers", 1),
        ("net", "layers", 3),
    ]


def test_a_net_without_layers_in_a_phase_is_refused() -> None:
    with pytest.raises(PathErrors, match=r"^no layer is left in phase train$"):
        prove_net(net_of(IP + ", phase: test"), "train")


def test_named_axes_are_those_of_the_inputs() -> None:
    net = net_of(IP, inputs="{data: [T, N, 4], mask: [T], fixed: {shape: [3], batch: false}}")
    assert axis_names(net) == ("T", "N")


def test_axes_of_the_deployed_net_are_named_too() -> None:
    net = spec_of("""\
        net:
          inputs: {data: [4]}
          layers:
            - {name: ip, type: InnerProduct, num_output: 3}
          deploy: {inputs: {data: [L, 4]}}
        """).net
    assert axis_names(net) == ("N", "L")
