"""Parameters that lie in modules inside, held by one module under flat names."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers import LAYERS
from protonet.layers.torch_nn.nested import Nested, flat
from tests.layers.building import build

BOTTOM = torch.tensor([[1.0, -2.0], [0.5, 3.0]])


def test_a_flat_name_has_no_dots() -> None:
    assert flat("layers.0.linear1.weight") == "layers_0_linear1_weight"


def test_it_runs_with_what_it_holds_and_not_with_what_lies_inside() -> None:
    inner = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Dropout(0.5))
    module = Nested(inner, ["input"], {}, 1).eval()
    module._parameters["0_weight"] = nn.Parameter(torch.tensor([[1.0, 10.0]]))
    assert dict(module.named_parameters()).keys() == {"0_weight"}
    top = module(BOTTOM)
    assert isinstance(top, torch.Tensor)
    assert top.tolist() == [[-19.0], [30.5]]  # 1 - 20, 0.5 + 30


def test_the_phase_reaches_the_module_inside() -> None:
    inner = nn.Sequential(nn.Dropout(0.5))
    module = Nested(inner, ["input"], {}, 1)
    assert not module.eval()._inner[0].training
    assert module.train()._inner[0].training


def test_what_torch_asserts_of_the_bottoms_is_a_refusal() -> None:
    class Asserting(nn.Module):
        def forward(self, bottom: torch.Tensor) -> torch.Tensor:
            raise AssertionError("never right")

    with pytest.raises(ShapeError) as caught:
        Nested(Asserting(), ["bottom"], {}, 1)(BOTTOM)
    assert caught.value.why == "never right"


def test_an_adaptive_softmax_gives_the_log_probabilities_as_a_second_top() -> None:
    kind, labels = LAYERS["nn.AdaptiveLogSoftmaxWithLoss"], torch.tensor([0, 3])
    module = build(kind, BOTTOM, labels, tops=2, n_classes=4, cutoffs=[2], div_value=1)
    theirs = nn.AdaptiveLogSoftmaxWithLoss(2, 4, [2], div_value=1)
    held = dict(module.named_parameters())
    theirs.load_state_dict({name: held[flat(name)] for name in theirs.state_dict()})
    expected = theirs(BOTTOM, labels)
    loss, logs = module(BOTTOM, labels)
    torch.testing.assert_close((loss, logs), (expected.loss, expected.output))
