"""Whole checks: what is found in nets that are right, and in nets that are not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from protonet.debug.gradcheck import What, gradcheck
from protonet.debug.gradcheck_slopes import Options
from protonet.debug.gradcheck_text import fault_lines
from protonet.errors import DataError, PathError, UsageError
from protonet.schema import load_spec
from tests.debug.checking import check, verdicts
from tests.layers.contract_case import Case
from tests.layers.contract_parts import RUN, over, spec_text
from tests.layers.contract_types import LAYERS
from tests.specs import spec_of

ROOT = Path(__file__).parents[2]
RECURRENT = "{x: [T, N, 3], cont: {shape: [T, N]}, label: {shape: [], dtype: int64}}"


@over(*RUN)
def test_every_layer_type_is_right(name: str, case: Case) -> None:
    report = gradcheck(spec_of(spec_text(name, case), layers=LAYERS), What(), Options())
    assert fault_lines(report) == []
    assert report.is_right
    has_slopes = "gradient" not in LAYERS[name].exclusions and LAYERS[name].kind != "metric"
    assert bool(report.layers) == (has_slopes and bool(case.bottoms or LAYERS[name].parameters))


def test_lenet_is_right_layer_by_layer_and_as_a_whole() -> None:
    report = gradcheck(load_spec(ROOT / "configs/nets/lenet.yaml"), What(), Options(elements=2))
    assert report.is_right
    assert set(verdicts(report.layers).values()) == {"right"}
    assert report.whole is not None
    (row,) = report.whole
    # conv1, conv2, ip1, ip2 with weight and bias, and the images
    assert row.name == "9 inputs and parameters"
    # 20*25+20 + 50*20*25+50 + 500*800+500 + 10*500+10, and 2*28*28
    assert row.elements == 431_080 + 1_568
    assert (report.objective, report.sizes) == ("the loss", {"N": 2})


@pytest.mark.parametrize("phase", ["train", "test", "deploy"])
def test_what_is_drawn_counted_and_remembered_does_not_disturb(phase: str) -> None:
    what = What(phase=phase, sizes={"T": 3})  # type: ignore[arg-type]
    report = check(
        "name: lstm, type: LSTM, num_output: 4, bottom: [x, cont]",
        "name: slice, type: Slice, axis: 0, slice_point: [1], top: [first, rest]",
        "name: flat, type: Reshape, bottom: first, shape: [-1, 4]",
        "name: bn, type: BatchNorm",
        "name: scale, type: Scale, bias_term: true",
        "name: square, type: RightSquare",
        "name: drop, type: Dropout",
        "name: ip, type: InnerProduct, num_output: 3",
        "name: quiet, type: Silence, bottom: rest",
        "name: loss, type: SoftmaxWithLoss, bottom: [ip, label], loss_weight: 0.3",
        "name: right, type: Accuracy, bottom: [ip, label]",
        inputs=RECURRENT,
        what=what,
    )
    assert fault_lines(report) == []
    assert set(verdicts(report.layers).values()) == {"right"}
    assert set(verdicts(report.whole).values()) == {"right"}
    if phase != "deploy":
        assert report.skipped["right"] == "a metric: nothing learns from it"
        assert report.skipped["quiet"] == "it has no top"


def test_a_wrong_backward_is_found_and_its_layer_named() -> None:
    report = check(
        "name: first, type: InnerProduct, num_output: 4",
        "name: square, type: WrongSquare",
        "name: last, type: InnerProduct, num_output: 2",
    )
    assert not report.is_right
    assert verdicts(report.layers) == {
        "first/x": "right",
        "first/weight": "right",
        "first/bias": "right",
        "square/first": "wrong",
        "last/square": "right",
        "last/weight": "right",
        "last/bias": "right",
    }
    assert verdicts(report.whole) == {
        "x": "wrong",
        "first/weight": "wrong",
        "first/bias": "wrong",
        "last/weight": "right",
        "last/bias": "right",
    }
    assert report.whole is not None
    assert report.whole[0].note == "through square"
    (row,) = report.wrong
    assert row.worst is not None
    assert row.worst.slope.analytic / row.worst.slope.numeric == pytest.approx(0.5)
    assert report.objective == "a random weighted sum of the outputs"


def test_one_wrong_element_among_many_is_found() -> None:
    report = check("name: square, type: OneWrong", inputs="{x: [30]}", elements=1)
    (row,) = report.wrong
    assert row.worst is not None
    assert row.worst.element == (1, 10)  # the 40th of 2 times 30
    assert row.worst.slope.analytic / row.worst.slope.numeric == pytest.approx(1.5)


def test_a_gradient_that_is_lost_is_found() -> None:
    report = check("name: ip, type: InnerProduct, num_output: 2", "name: cut, type: Detached")
    (line,) = fault_lines(report)
    assert line.startswith("layer cut (Detached): the gradient of the bottom ip is wrong at [")
    assert line.endswith(" (it gets no gradient, and the tops depend on it)")
    assert verdicts(report.whole) == {"x": "cut", "ip/weight": "cut", "ip/bias": "cut"}


def test_a_backward_that_fails_is_told_and_the_other_layers_are_checked() -> None:
    report = check("name: a, type: Failing", "name: b, type: TanH")
    assert fault_lines(report) == [
        "layer a (Failing): it cannot be differentiated: ValueError: no slope today"
    ]
    assert verdicts(report.layers) == {"b/a": "right"}
    assert report.whole is None
    assert not report.is_right


def test_a_number_that_is_none_is_told_with_its_layer_and_ends_the_check() -> None:
    report = check(
        "name: tanh, type: TanH", "name: log, type: Log", "name: b, type: TanH", inputs="{x: [9]}"
    )
    (line,) = fault_lines(report)
    assert line.startswith("layer log (Log): log[")
    assert line.endswith("] is nan, where no slope can be seen")
    assert verdicts(report.layers) == {"tanh/x": "right"}


def test_a_layer_that_cannot_be_run_is_an_error_at_its_line() -> None:
    with pytest.raises(PathError) as caught:
        check("name: a, type: TanH", "name: b, type: Refusing")
    assert caught.value.path == ("net", "layers", 1)
    assert caught.value.why == "it cannot be run: ValueError: not today"


def test_a_layer_that_changes_what_it_reads_is_an_error_at_its_line() -> None:
    with pytest.raises(PathError) as caught:
        check("name: a, type: TanH", "name: b, type: InPlace")
    assert caught.value.path == ("net", "layers", 1)
    assert caught.value.why == "it changes its bottom a in place, and others may read that"
    assert caught.value.hint == "let it give a new tensor: x.relu(), not x.relu_()"


def test_random_numbers_that_a_layer_refuses_are_told_with_its_name() -> None:
    with pytest.raises(DataError) as caught:
        check(
            "name: scaled, type: Power, bottom: x, scale: 100",
            "name: places, type: BatchReindex, bottom: [y, scaled]",
            inputs="{x: {shape: [4], batch: false}, y: [3]}",
        )
    assert str(caught.value).startswith("layer places, with random inputs: index ")


def test_places_at_kinks_are_passed_over_and_counted() -> None:
    report = check("name: a, type: ReLU", "name: b, type: ReLU", inputs="{x: [40]}", elements=30)
    assert report.is_right
    first, second = report.layers
    assert (first.compared, first.kinks) == (30, 0)
    assert second.compared + second.kinks <= 80
    assert second.kinks > 0  # the zeros that the first gives


def test_a_layer_of_kinks_only_says_so() -> None:
    report = check("name: zero, type: Power, scale: 0", "name: b, type: ReLU")
    assert verdicts(report.layers) == {"zero/x": "right", "b/zero": "kinks"}
    assert report.is_right


def test_shared_parameters_are_moved_together() -> None:
    line = "type: InnerProduct, num_output: 3, param: {weight: {name: w}, bias: {name: b}}"
    report = check(f"name: one, {line}", "name: act, type: TanH", f"name: two, {line}")
    assert report.is_right
    assert report.whole is not None
    assert report.whole[0].name == "3 inputs and parameters"  # x, one weight, one bias


def test_frozen_parameters_and_stopped_gradients_are_no_errors() -> None:
    report = check(
        "name: one, type: InnerProduct, num_output: 3, frozen: true",
        "name: two, type: InnerProduct, num_output: 3, param: {bias: {lr_mult: 0}}",
        "name: sum, type: Eltwise, bottom: [two, one], propagate_down: [true, false]",
        "name: still, type: InnerProduct, num_output: 2, propagate_down: [false], bottom: x",
    )
    assert report.is_right
    assert verdicts(report.layers) == {
        "one/x": "right",
        "one/weight": "held",
        "one/bias": "held",
        "two/one": "right",
        "two/weight": "right",
        "two/bias": "held",
        "sum/two": "right",
        "sum/one": "right",
        "still/x": "right",
        "still/weight": "right",
        "still/bias": "right",
    }
    assert [row.note for row in report.layers if row.verdict == "held"] == [
        "frozen",
        "frozen",
        "lr_mult: 0",
    ]
    assert verdicts(report.whole) == {"4 inputs and parameters": "right"}


def test_caffes_own_slopes_are_told_and_are_no_errors() -> None:
    report = check(
        "name: ip, type: InnerProduct, num_output: 3",
        "name: loss, type: ContrastiveLoss, bottom: [ip, x, same], margin: 50",
        inputs="{x: [3], same: []}",
        what=What(sizes={"N": 8}),
        tolerance=1e-7,  # the slopes are 1e-4 / d apart
    )
    assert report.is_right
    assert verdicts(report.layers)["loss/ip"] == "meant"
    assert report.whole is not None
    assert {row.verdict for row in report.whole} == {"meant"}
    assert report.whole[0].note == "through loss"


def test_one_layer_alone() -> None:
    report = check(
        "name: one, type: WrongSquare",
        "name: two, type: InnerProduct, num_output: 2",
        "name: three, type: Failing",
        what=What(layer="two"),
    )
    assert verdicts(report.layers) == {
        "two/one": "right",
        "two/weight": "right",
        "two/bias": "right",
    }
    assert report.whole is None
    assert report.is_right


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        UsageError, match="^the net has no layer tow in phase train; did you mean two?"
    ):
        check("name: two, type: TanH", what=What(layer="tow"))


def test_an_axis_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="^no input of the net has an axis T; known: N$"):
        check("name: two, type: TanH", what=What(sizes={"T": 3}))


def test_the_same_seed_gives_the_same_numbers_and_leaves_torchs_own_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    lines = ["name: ip, type: InnerProduct, num_output: 2", "name: drop, type: Dropout"]
    one, same, other = (check(*lines, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(2), expected)
    assert one == same
    assert one != other


def test_each_step_is_told() -> None:
    spec = spec_of("net:\n  inputs: {x: [3]}\n  layers: [{name: a, type: TanH}]\n")
    steps: list[str] = []
    gradcheck(spec, What(), Options(), steps.append)
    assert steps == ["layer 1 of 1: a", "the whole net"]


def test_weights_of_0_do_not_hide_what_is_wrong() -> None:
    """Caffe's fillers give 0 where none is named; behind them no slope would be seen."""
    report = check("name: ip, type: InnerProduct, num_output: 2", "name: a, type: WrongSquare")
    (row,) = report.wrong
    assert row.worst is not None
    assert not math.isclose(row.worst.slope.numeric, 0, abs_tol=1e-3)


@pytest.mark.slow
def test_resnet_18_is_right() -> None:
    spec = load_spec(ROOT / "configs/nets/resnet18_torchvision.yaml")
    report = gradcheck(spec, What(), Options(elements=1))
    assert report.is_right
    assert {*verdicts(report.layers).values()} <= {"right", "kinks"}
    assert verdicts(report.whole) == {"63 inputs and parameters": "right"}
