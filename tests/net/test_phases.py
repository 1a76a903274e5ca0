"""A net is proved in every phase without allocating it."""

from __future__ import annotations

import pytest

from protonet.errors import PathError, PathErrors
from protonet.net import prove_phases, shape_errors
from tests.kinds import KINDS
from tests.specs import INPUTS, net_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"


def proved(*lines: str, stages: tuple[str, ...] = (), inputs: str = INPUTS) -> dict[str, list[str]]:
    spec = net_of(*lines, inputs=inputs, layers=KINDS)
    forms = prove_phases(spec, stages)
    return {phase: [node.layer.name for node in one.wiring.nodes] for phase, one in forms.items()}


def errors(*lines: str, stages: tuple[str, ...] = ()) -> list[tuple[str, object, str]]:
    spec = net_of(*lines, layers=KINDS)
    with pytest.raises(PathErrors) as caught:
        prove_phases(spec, stages)
    return [(one.code, one.path[2:], one.why) for one in caught.value.errors]


def test_every_phase_is_proved() -> None:
    assert proved(IP, LOSS, "name: r, type: ReLU, bottom: ip, phase: test") == {
        "train": ["ip", "loss"],
        "test": ["ip", "loss", "r"],
        "deploy": ["ip", "prob"],
    }


def test_stages_that_evaluation_sets_name_are_proved_too() -> None:
    extra = "name: extra, type: ReLU, bottom: ip, include: {phase: test, stage: val}"
    assert proved(IP, extra, stages=("val", "val"))["test/val"] == ["ip", "extra"]


def test_a_net_of_any_size_is_proved_without_memory() -> None:
    huge = "name: huge, type: InnerProduct, num_output: 1000000"
    assert proved(huge, inputs="{data: [1000000]}")["train"] == ["huge"]  # 4 TB of weights


CONV = "name: c, type: Convolution, num_output: 1, kernel_size: 30, bottom: data"
TOO_LARGE = "no window fits along axis 2 of (2, 1, 28, 28): floor((28 + 2*0 - 30) / 1) + 1 = -1"


def test_what_is_wrong_in_all_phases_is_told_once() -> None:
    assert errors(CONV) == [("PN026", (0,), TOO_LARGE)]


def test_what_is_wrong_in_one_phase_or_stage_only_is_told() -> None:
    assert errors(IP, f"{CONV}, phase: deploy") == [("PN026", (1,), TOO_LARGE)]
    val = f"{CONV}, include: {{phase: test, stage: val}}"
    assert proved(IP, val)["test"] == ["ip"]
    assert errors(IP, val, stages=("val",)) == [("PN026", (1,), TOO_LARGE)]


def test_parameters_that_do_not_exist_are_told_without_making_any() -> None:
    line = f"{IP}, bias_term: false, param: {{bias: {{lr_mult: 2}}}}"
    assert errors(line) == [
        ("PN027", (0, "param", "bias"), "this InnerProduct has no parameter bias")
    ]


def test_a_net_without_layers_is_told() -> None:
    assert errors() == [("PN029", (), "no layer is left in any phase")]


def test_a_net_of_training_layers_only_can_be() -> None:
    assert proved(f"{IP}, phase: train") == {"train": ["ip"], "test": [], "deploy": []}


def test_shape_errors_of_a_net_that_was_partly_refused_are_those_of_the_rest() -> None:
    spec = net_of(IP, "name: r, type: ReLU", CONV, layers=KINDS)
    layers = (spec.layers[0].model_copy(update={"params": None}), *spec.layers[1:])
    found = shape_errors(spec.model_copy(update={"layers": layers}))
    assert all(isinstance(error, PathError) for error in found)
    assert [(one.code, one.path) for one in found] == [("PN026", ("net", "layers", 2))]


def test_where_more_is_wrong_than_is_told_the_first_phase_is_enough() -> None:
    wrong = [f"name: c{i}, type: Convolution, num_output: 2, kernel_size: 29" for i in range(51)]
    wrong = [f"{line}, bottom: data" for line in wrong]
    late = f"{CONV}, phase: deploy"
    assert [path for _, path, _ in errors(*wrong, late)] == [(i,) for i in range(51)]
    assert [path for _, path, _ in errors(*wrong[:50], late)] == [(i,) for i in range(51)]
