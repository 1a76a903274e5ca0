"""Which parts of the contract do not apply to modules of torch.nn."""

from __future__ import annotations

from protonet.layers import LAYERS
from protonet.layers.torch_nn.exclusions import EXCLUSIONS
from tests.layers.torch_nn.cases import CASES


def test_each_is_of_a_module_that_is_tried_and_names_a_part_and_a_reason() -> None:
    assert {*EXCLUSIONS} <= {case.name for case in CASES}
    for parts in EXCLUSIONS.values():
        assert {*parts} <= {"compile", "export", "autocast"}
        assert all(len(reason.split()) > 5 for reason in parts.values())


def test_a_type_carries_its_own() -> None:
    assert {*LAYERS["nn.LSTM"].exclusions} == {"compile"}
    assert not LAYERS["nn.LSTMCell"].exclusions
