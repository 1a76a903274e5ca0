from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.record import Blob, LayerType, NoParams, Setting
from protonet.look.forms import Proved, prove_net
from protonet.look.trace import Trace, largest_live, trace_net
from protonet.spec.state import Phase
from tests.specs import net_of

INPUTS = "{data: [6], label: {shape: [], dtype: int64}}"
HIDDEN = "name: hidden, type: InnerProduct, num_output: 5"
RELU = "name: relu, type: ReLU"
SCORES = "name: scores, type: InnerProduct, num_output: 3"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [scores, label]"


class Peeking(nn.Module):
    """Reads a value, which the meta device does not have."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        return bottom * bottom.sum().item()


def infer(params: object, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    return (bottoms[0],)


PEEKING = LayerType(
    name="Peeking",
    params=NoParams,
    build=lambda params, bottoms, setting: Peeking(),
    infer=infer,
)
TYPES = {**LAYERS, "Peeking": PEEKING}


def traced(*lines: str, phase: Phase = "train", inputs: str = INPUTS) -> tuple[Proved, Trace]:
    proved = prove_net(net_of(*lines, inputs=inputs, layers=TYPES), phase, {"N": 8})
    return proved, trace_net(proved)


def kept(*lines: str) -> int:
    return sum(traced(*lines)[1].kept.values())


def new_bytes(*lines: str, phase: Phase = "train") -> list[int]:
    proved, trace = traced(*lines, phase=phase)
    return [trace.new_bytes(node) for node in proved.wiring.nodes]


def test_what_the_backward_pass_needs_is_counted_once() -> None:
    # relu's top, which the second product needs too: 8 * 5 * 4 bytes; the logarithms of the
    # softmax: 8 * 3 * 4; what the losses are divided by: 4. Inputs and weights are no activations.
    assert kept(HIDDEN, RELU, SCORES, LOSS) == 160 + 96 + 4


def test_nothing_is_kept_for_what_does_not_learn() -> None:
    frozen = f"{HIDDEN}, frozen: true"
    # no gradient goes below scores, which needs relu's top for its own weights: 8 * 5 * 4
    assert kept(frozen, RELU, SCORES, LOSS) == 160 + 96 + 4
    assert kept(frozen, RELU, f"{SCORES}, frozen: true", LOSS) == 0


def test_nothing_is_kept_where_gradients_do_not_pass() -> None:
    # without a gradient for its bottom and its weights, only hidden's own input would be needed
    assert kept(HIDDEN, f"{RELU}, propagate_down: false", f"{SCORES}, frozen: true", LOSS) == 0


def test_nothing_is_kept_outside_training() -> None:
    assert traced(HIDDEN, RELU, SCORES, LOSS, phase="test")[1].kept == {}


def test_a_view_takes_no_memory() -> None:
    lines = ["name: flat, type: Flatten", HIDDEN, "name: drop, type: Dropout, top: hidden"]
    # 8 * 5 * 4 for the product; outside training dropout gives its bottom
    assert new_bytes(*lines, phase="test") == [0, 160, 0]


def test_a_layer_that_reads_values_is_taken_at_its_word() -> None:
    assert new_bytes(HIDDEN, "name: peek, type: Peeking", SCORES) == [160, 160, 96]
    # peek's top, 160, and its bottom is not known to be needed
    assert kept(HIDDEN, "name: peek, type: Peeking", SCORES) == 160


def test_a_value_is_freed_after_its_last_reader() -> None:
    wide = "name: wide, type: InnerProduct, num_output: 50"
    proved, trace = traced(wide, HIDDEN, RELU, SCORES, phase="test")
    # wide and hidden: 8 * (50 + 5) * 4
    assert largest_live(proved, trace) == 1760


def test_a_value_lives_until_its_last_reader() -> None:
    wide = "name: wide, type: InnerProduct, num_output: 50"
    late = "name: late, type: Concat, bottom: [relu, wide]"
    proved, trace = traced(wide, HIDDEN, RELU, late, phase="test")
    # wide, relu and late: 8 * (50 + 5 + 55) * 4; hidden has gone
    assert largest_live(proved, trace) == 3520


def test_inputs_and_their_views_are_the_callers() -> None:
    proved, trace = traced("name: flat, type: Flatten", HIDDEN, phase="test")
    assert largest_live(proved, trace) == 160
