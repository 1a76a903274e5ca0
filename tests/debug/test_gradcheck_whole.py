from __future__ import annotations

import pytest
import torch

from protonet.debug.gradcheck_layer import layers_of
from protonet.debug.gradcheck_reach import Reach
from protonet.debug.gradcheck_report import Row, Verdict
from protonet.debug.gradcheck_slopes import Options
from protonet.debug.gradcheck_whole import Wanted, check_whole
from protonet.layers import LAYERS
from protonet.net import Net
from protonet.spec.wiring import Value
from tests.debug.checking import MINE, verdicts
from tests.specs import net_of

X = torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.float64)


def rows_of(*lines: str, found: dict[str, Verdict] | None = None) -> tuple[Row, ...]:
    """Check a net of the input x, whose last top counts with factors 1, 2, 3."""
    net = Net(net_of(*lines, inputs="{x: [3]}", layers={**LAYERS, **MINE}))
    layers = layers_of(net.wiring.nodes, net.layers, [*net.modules()], 1)
    with torch.no_grad():
        for tensors in net.params.values():
            for tensor in tensors.values():
                tensor.copy_(torch.arange(1.0, tensor.numel() + 1).view(tensor.shape))
    terms = {net.wiring.nodes[-1].tops[-1]: X.abs()}
    reach = Reach(layers, {Value("x"): X.clone()}, terms, frozenset())
    wanted = Wanted({"x": Value("x")}, {slot.name: slot.tensor for slot in net.learnable})
    before = {name: tensor.clone() for name, tensor in net.named_tensors().items()}
    rows = tuple(check_whole(reach, wanted, found or {}, Options()))
    for name, tensor in net.named_tensors().items():
        assert torch.equal(tensor, before[name])  # all are put back
    return rows


IP = "name: ip, type: InnerProduct, num_output: 3"


def test_what_is_right_is_one_row() -> None:
    (row,) = rows_of(IP, "name: act, type: Power, power: 2")
    assert (row.verdict, row.name, row.elements) == ("right", "3 inputs and parameters", 3 + 9 + 3)


def test_the_only_tensor_is_called_by_its_name() -> None:
    (row,) = rows_of("name: act, type: TanH")
    assert (row.verdict, row.name, row.elements) == ("right", "x", 3)


@pytest.mark.parametrize(
    ("found", "verdict", "note"),
    [
        ({"act": "wrong"}, "wrong", "through act"),
        ({"act": "meant"}, "meant", "through act"),
        ({}, "wrong", "though each layer's own gradient is right"),
    ],
)
def test_what_is_not_right_is_told_of_each_with_the_layer_it_passes(
    found: dict[str, Verdict], verdict: str, note: str
) -> None:
    rows = rows_of(IP, "name: act, type: WrongSquare", "name: last, type: Bias", found=found)
    assert verdicts(rows) == {
        "x": verdict,
        "ip/weight": verdict,
        "ip/bias": verdict,
        "last/bias": "right",
    }
    assert [row.note for row in rows] == [note, note, note, ""]


def test_small_gradients_count_as_much_as_large_ones() -> None:
    """The gradient of `small/weight` is about a ten-thousandth of `big/weight`'s."""
    rows = rows_of(
        "name: big, type: Scale",
        "name: tiny, type: Power, bottom: x, scale: 1e-2",
        "name: small, type: Scale",
        "name: wrong, type: WrongSquare",
        "name: sum, type: Eltwise, bottom: [big, wrong]",
    )
    assert verdicts(rows)["small/weight"] == "wrong"
    assert verdicts(rows)["big/weight"] == "right"


def test_what_no_gradient_comes_back_to_is_told() -> None:
    rows = rows_of(IP, "name: step, type: Detached")
    assert verdicts(rows) == {"x": "cut", "ip/weight": "cut", "ip/bias": "cut"}
    assert {row.note for row in rows} == {"no gradient comes back to it"}
