from __future__ import annotations

import torch

from protonet.debug.gradcheck_layer import layers_of
from protonet.debug.gradcheck_reach import Reach
from protonet.net import Net
from protonet.spec.wiring import Value
from tests.specs import net_of

X, Y = torch.tensor([[2.0]], dtype=torch.float64), torch.tensor([[5.0]], dtype=torch.float64)
ONE = torch.ones(1, 1, dtype=torch.float64)


def reach_of(*lines: str, cut: frozenset[tuple[int, int]] = frozenset()) -> tuple[Reach, Net]:
    """Return a net of the inputs x and y, whose last top counts."""
    net = Net(net_of(*lines, inputs="{x: [1], y: [1]}"))
    layers = layers_of(net.wiring.nodes, net.layers, [*net.modules()], 1)
    inputs = {Value("x"): X.clone().requires_grad_(), Value("y"): Y.clone().requires_grad_()}
    last = net.wiring.nodes[-1].tops[-1]
    return Reach(layers, inputs, {last: ONE}, cut), net


PRODUCT = (
    "name: half, type: Power, scale: 0.5, bottom: x",
    "name: square, type: Power, power: 2, bottom: y",
    "name: product, type: Eltwise, operation: PROD, bottom: [half, square]",
)


def wanted(reach: Reach) -> list[torch.Tensor]:
    return [reach.inputs[Value("x")], reach.inputs[Value("y")]]


def test_gradients_of_the_whole_and_every_value() -> None:
    reach, _ = reach_of(*PRODUCT)
    found = reach.gradients(wanted(reach))
    # d (x / 2) y² = y² / 2 dx + x y dy
    assert [float(one) for one in found if one is not None] == [12.5, 10]
    assert {value.blob: float(one) for value, one in reach.values.items()} == {
        "x": 2,
        "y": 5,
        "half": 1,
        "square": 25,
        "product": 25,
    }
    assert not any(one.requires_grad for one in reach.values.values())


def test_only_what_a_change_reaches_is_run_again() -> None:
    reach, _ = reach_of(*PRODUCT)
    reach.gradients(wanted(reach))
    layers = reach.reached_from(Value("x"))
    assert [layer.name for layer in layers] == ["half", "product"]
    (top,) = reach.rerun(layers, {Value("x"): 2 * X})
    assert float(top) == 50
    assert float(reach.values[Value("x")]) == 2


def test_a_gradient_and_a_change_stop_at_the_same_place() -> None:
    reach, _ = reach_of(
        "name: sum, type: Eltwise, bottom: [x, x], coeff: [3, 4]", cut=frozenset({(0, 1)})
    )
    assert [one if one is None else float(one) for one in reach.gradients(wanted(reach))] == [
        3,
        None,
    ]
    layers = reach.reached_from(Value("x"))
    (top,) = reach.rerun(layers, {Value("x"): X + 1})
    assert float(top) == 17  # 3 * 3 + 4 * 2


def test_what_has_no_gradient_stays_as_it_is() -> None:
    reach, _ = reach_of(
        "name: step, type: Threshold, threshold: 1, bottom: x",
        "name: sum, type: Eltwise, bottom: [step, x]",
    )
    assert [one if one is None else float(one) for one in reach.gradients(wanted(reach))] == [
        1,
        None,
    ]
    layers = reach.reached_from(Value("x"))
    (top,) = reach.rerun(layers, {Value("x"): X - 2})
    assert float(top) == 1  # the step is still 1, for x = 2, and x is 0


def test_a_parameter_reaches_all_layers_that_share_it() -> None:
    line = "type: InnerProduct, num_output: 1, bias_term: false, param: {weight: {name: w}}"
    reach, net = reach_of(
        f"name: one, {line}, bottom: x", f"name: two, {line}, bottom: y", "name: act, type: TanH"
    )
    weight = net.params["one"]["weight"]
    reach.gradients([weight])
    assert [layer.name for layer in reach.reached_from(weight)] == ["one", "two", "act"]


def test_without_terms_there_is_no_gradient() -> None:
    reach, _ = reach_of(*PRODUCT)
    reach.terms = {}
    assert reach.gradients(wanted(reach)) == [None, None]
