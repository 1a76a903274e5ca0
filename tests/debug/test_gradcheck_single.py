from __future__ import annotations

import pytest
import torch

from protonet.debug.gradcheck_report import Fault, Row
from protonet.debug.gradcheck_single import MEANT, check_layer
from protonet.debug.gradcheck_slopes import Options
from protonet.layers import LAYERS
from protonet.layers.torch_nn import USABLE
from tests.debug.test_gradcheck_layer import layer_of

LABELLED = "{x: [3], label: {shape: [], dtype: int64}}"


def rows_of(
    line: str, *bottoms: torch.Tensor, inputs: str = "{x: [3]}", options: Options | None = None
) -> list[Row]:
    layer = layer_of(line, inputs)
    found = check_layer(layer, bottoms, [True] * len(bottoms), options or Options())
    assert not isinstance(found, Fault)
    return found


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


def test_each_bottom_and_parameter_has_a_row_in_the_order_of_the_layer() -> None:
    rows = rows_of("type: InnerProduct, num_output: 2", numbers(1, 2, 3))
    assert [(row.role, row.name, row.place, row.elements) for row in rows] == [
        ("bottom", "x", 0, 3),
        ("parameter", "weight", None, 6),
        ("parameter", "bias", None, 2),
    ]
    assert {row.verdict for row in rows} == {"right"}
    assert [row.compared for row in rows] == [3, 6, 2]


def test_the_worst_slope_is_told() -> None:
    (row,) = rows_of("type: WrongSquare", numbers(1, 2, 3))
    assert row.verdict == "wrong"
    assert row.worst is not None
    assert row.worst.slope.error == pytest.approx(0.5)


def test_a_label_is_not_moved() -> None:
    rows = rows_of(
        "type: SoftmaxWithLoss, bottom: [x, label]",
        numbers(1, 2, 3),
        torch.tensor([2]),
        inputs=LABELLED,
    )
    assert [row.name for row in rows] == ["x"]


def test_neither_is_a_number_whose_slope_means_nothing() -> None:
    layer = layer_of("type: SoftmaxWithLoss, bottom: [x, label]", LABELLED)
    found = check_layer(layer, [numbers(1, 2, 3), numbers(1)[0]], [True, False], Options())
    assert not isinstance(found, Fault)
    assert [row.name for row in found] == ["x"]


def test_a_bottom_read_twice_is_moved_at_each_place() -> None:
    rows = rows_of("type: Eltwise, bottom: [x, x], coeff: [2, 3]", *[numbers(1, 2, 3)] * 2)
    assert [(row.name, row.place, row.verdict) for row in rows] == [
        ("x", 0, "right"),
        ("x", 1, "right"),
    ]


def test_a_bottom_that_the_type_gives_no_gradient_is_told() -> None:
    (scores, targets) = rows_of(
        "type: SigmoidCrossEntropyLoss, bottom: [x, y]",
        numbers(1, 2, 3),
        numbers(0.2, 0.3, 0.4),
        inputs="{x: [3], y: [3]}",
    )
    assert (scores.verdict, targets.verdict, targets.is_cut) == ("right", "cut", True)
    assert targets.note == "the type gives it no gradient"


def test_a_slope_that_is_meant_not_to_be_the_mathematical_one_is_told_with_the_reason() -> None:
    (row,) = rows_of(
        "type: SoftmaxWithLoss, bottom: [x, label]",
        numbers(200, 0, 0),
        torch.tensor([1]),
        inputs=LABELLED,
    )
    # The loss is 87.3 whatever the scores; its slope is (1, -1, 0).
    assert (row.verdict, row.note) == (
        "meant",
        "Caffe floors the logarithm at FLT_MIN, and not its slope",
    )


def test_types_with_slopes_of_their_own_exist() -> None:
    assert {*MEANT} <= {*LAYERS, *(f"nn.{name}" for name in USABLE)}


def test_a_wrong_element_that_no_sample_meets_is_found() -> None:
    values = torch.arange(1.0, 61, dtype=torch.float64).view(2, 30)
    (row,) = rows_of(
        "type: OneWrong", values, inputs="{x: [30]}", options=Options(elements=1, seed=5)
    )
    assert row.verdict == "wrong"
    assert row.worst is not None
    assert row.worst.element == (1, 10)  # the 40th of 2 times 30


def test_kinks_are_passed_over_and_others_taken_instead() -> None:
    zeros = torch.zeros(1, 6, dtype=torch.float64)
    zeros[0, 3:] = numbers(1, 2, 3)
    (row,) = rows_of("type: ReLU", zeros, inputs="{x: [6]}", options=Options(elements=3))
    assert (row.verdict, row.compared) == ("right", 3)
    (row,) = rows_of("type: ReLU", 0 * zeros, inputs="{x: [6]}")
    assert (row.verdict, row.compared, row.kinks) == ("kinks", 0, 6)


def test_rounding_of_what_is_subtracted_again_is_no_slope() -> None:
    """One number in a channel is its own mean: the top is 0, and hundreds of times its error."""
    (row,) = rows_of("type: BatchNorm", numbers(0.1, 0.7, -1.3))
    assert row.verdict == "right"


def test_no_element_is_right() -> None:
    (row,) = rows_of("type: TanH", torch.zeros(0, 3, dtype=torch.float64))
    assert (row.verdict, row.elements) == ("right", 0)


def test_what_cannot_be_differentiated_is_a_fault() -> None:
    found = check_layer(layer_of("type: Failing"), [numbers(1, 2, 3)], [True], Options())
    assert found == Fault("a", "Failing", "it cannot be differentiated: ValueError: no slope today")
