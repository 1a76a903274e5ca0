"""Nets that run and are probably not meant so."""

from __future__ import annotations

import pytest

from protonet.spec.net_doubts import net_warnings
from tests.specs import net_of, spec_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
DECLARED = "read it, remove the layer, or name it in net.deploy.outputs"
Doubt = tuple[str, int, str, str]


def doubts(*lines: str) -> list[Doubt]:
    """Return code, position of the layer, reason and hint of each warning."""
    return [(one.code, int(one.path[2]), one.why, one.hint) for one in net_warnings(net_of(*lines))]


@pytest.mark.parametrize(
    "lines",
    [
        (IP, LOSS),
        (IP, "name: drop, type: Dropout, top: ip", LOSS),
        (IP, LOSS, "name: accuracy, type: Accuracy, bottom: [ip, label], phase: test"),
        (IP, LOSS, "name: prob, type: Softmax, bottom: ip, phase: deploy"),
        (IP, "name: none, type: Silence, bottom: label", LOSS),
        (IP, LOSS, "name: sum, type: Reduction, bottom: ip, loss_weight: 0.1"),
        (
            IP,
            LOSS,
            "name: top, type: ArgMax, bottom: ip, phase: test",
            "name: s, type: Silence, bottom: top, phase: test",
        ),
        (
            "name: bn, type: BatchNorm",
            "name: scale, type: Scale, bias_term: true, top: bn",
            IP,
            LOSS,
        ),
    ],
    ids=lambda lines: lines[-1].split(",")[0],
)
def test_usual_nets_raise_no_doubt(lines: tuple[str, ...]) -> None:
    assert doubts(*lines) == []


def test_a_net_without_a_loss_is_for_deployment() -> None:
    assert doubts(IP, "name: other, type: InnerProduct, num_output: 2, bottom: data") == []


def test_a_top_that_nobody_reads_is_told_once() -> None:
    """And not once more as a layer that nothing trains."""
    other = "name: other, type: InnerProduct, num_output: 2, bottom: data"
    assert doubts(IP, LOSS, other) == [("PN031", 2, "nobody reads other", DECLARED)]


def test_of_several_tops_one_reader_is_enough() -> None:
    two = "name: two, type: Slice, bottom: data, top: [a, b], axis: 2"
    assert doubts(two, IP.replace("ip, ", "ip, bottom: a, "), LOSS) == []
    assert doubts(IP + ", bottom: data", two, LOSS) == [
        ("PN031", 1, "nobody reads a or b", DECLARED)
    ]


def test_a_value_that_is_replaced_before_anybody_reads_it_is_unread() -> None:
    """In place, a name means something new: what it meant before is lost."""
    lost = "name: lost, type: InnerProduct, num_output: 10, bottom: data, top: ip"
    assert doubts(lost, f"{IP}, bottom: data", LOSS) == [("PN031", 0, "nobody reads ip", DECLARED)]


def test_a_declared_output_needs_no_reader() -> None:
    net = spec_of("""\
        net:
          inputs: {data: [4], label: {shape: [], dtype: int64}}
          deploy: {outputs: [code, ip]}
          layers:
            - {name: ip, type: InnerProduct, num_output: 3}
            - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
            - {name: code, type: TanH, bottom: ip}
        """).net
    assert net_warnings(net) == []


def test_what_only_a_stage_reads_is_read() -> None:
    seen = "name: seen, type: Accuracy, bottom: [top, label], include: {phase: test, stage: val}"
    top = "name: top, type: Softmax, bottom: ip"
    assert doubts(IP, LOSS, top, seen) == []


def test_a_layer_that_no_loss_depends_on_is_never_trained() -> None:
    side = "name: side, type: InnerProduct, num_output: 10, bottom: data"
    seen = "name: seen, type: Accuracy, bottom: [side, label], phase: test"
    other = "name: twice, type: InnerProduct, num_output: 10, bottom: side"
    hint = "read it where a loss can see it, or remove it"
    assert doubts(IP, LOSS, side, seen) == [
        ("PN045", 2, "no loss depends on side, so it is never trained", hint)
    ]
    assert doubts(IP, LOSS, side, f"{side}, phase: train".replace("side", "s2"))[0][0] == "PN031"
    told = doubts(IP, LOSS, side, other, seen.replace("side", "twice"))
    assert [(code, at) for code, at, *_ in told] == [("PN045", 2), ("PN045", 3)]


def test_a_layer_that_is_not_to_learn_may_be_left_alone() -> None:
    side = "name: side, type: InnerProduct, num_output: 10, bottom: data, frozen: true"
    seen = "name: seen, type: Accuracy, bottom: [side, label], phase: test"
    assert doubts(IP, LOSS, side, seen) == []
    fixed = side.replace("frozen: true", "param: {weight: {lr_mult: 0}, bias: {lr_mult: 0}}")
    assert doubts(IP, LOSS, fixed, seen) == []


@pytest.mark.parametrize(
    "above",
    [
        f"{IP}, frozen: true",
        f"{IP}, param: {{weight: {{lr_mult: 0}}, bias: {{lr_mult: 0}}}}",
        "name: ip, type: Flatten",
        "name: ip, type: BatchNorm",
    ],
)
def test_a_loss_that_no_parameter_reaches_trains_nothing(above: str) -> None:
    """BatchNorm's parameters are statistics: nothing learns them from a loss."""
    assert ("PN045", 1, "no parameter that learns leads to the loss loss") in [
        doubt[:3] for doubt in doubts(above, LOSS)
    ]
    assert doubts(above, LOSS)[0][3] == "check its bottoms, lr_mult and frozen"


def test_one_bias_that_learns_is_enough() -> None:
    assert doubts(f"{IP}, param: {{weight: {{lr_mult: 0}}}}", LOSS) == []


def test_a_weighed_layer_is_a_loss() -> None:
    mean = "name: mean, type: Reduction, operation: MEAN, bottom: data, loss_weight: 2"
    assert doubts(IP, LOSS, mean) == [
        (
            "PN045",
            2,
            "no parameter that learns leads to the loss mean",
            "check its bottoms, lr_mult and frozen",
        )
    ]


def test_a_batch_norm_without_a_scale_only_normalises() -> None:
    why = "no Scale follows: this BatchNorm only normalises"
    hint = "{type: Scale, bias_term: true} learns the factor and the bias"
    norm = "name: bn, type: BatchNorm"
    assert doubts(norm, IP, LOSS) == [("PN046", 0, why, hint)]
    assert doubts(f"{norm}, top: data", "name: scale, type: Scale, bottom: data", IP, LOSS) == []
    two = (norm, f"{IP}, bottom: bn", "name: scale, type: Scale, bottom: bn, top: bn", LOSS)
    assert [doubt[0] for doubt in doubts(*two)] == ["PN031"]  # the scale comes too late, not absent


def test_a_batch_norm_that_nobody_reads_is_told_only_so() -> None:
    assert doubts(IP, LOSS, "name: bn, type: BatchNorm, bottom: ip") == [
        ("PN031", 2, "nobody reads bn", DECLARED)
    ]
