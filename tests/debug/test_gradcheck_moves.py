from __future__ import annotations

import pytest
import torch

from protonet.debug.gradcheck_moves import (
    Moved,
    Still,
    all_at_once,
    at_element,
    direction_of,
    find_wrong,
    indices,
    order,
)
from protonet.debug.gradcheck_slopes import Ground, Options, Scale
from tests.debug.test_gradcheck_layer import layer_of

OPTIONS = Options()
SLOPES = torch.tensor([[3.0, -9.0, 1.0], [0.0, 8.0, 2.0]], dtype=torch.float64)


def moved(gradient: torch.Tensor, values: torch.Tensor | None = None) -> Moved:
    numbers = torch.ones_like(gradient) if values is None else values
    return Moved("bottom", "x", numbers, gradient, Scale.of(numbers, gradient, OPTIONS))


def squares(gradient: torch.Tensor) -> tuple[Still, Moved]:
    """Return the squares of 1 to 6, and what is said of their slopes."""
    values = torch.arange(1.0, 7, dtype=torch.float64).view(2, 3)
    layer = layer_of("type: Power, power: 2")
    tops = [values.square()]
    return (
        Still(layer, [values], [0], Ground.at(tops, [torch.ones(2, 3, dtype=torch.float64)])),
        moved(gradient, values),
    )


RIGHT = 2 * torch.arange(1.0, 7, dtype=torch.float64).view(2, 3)


def test_an_element_is_moved_and_put_back() -> None:
    still, what = squares(RIGHT)
    before = what.values.clone()
    slope = at_element(still, what, 4, OPTIONS)
    assert (slope.verdict, slope.analytic) == ("right", 10)  # 2 * 5
    assert slope.numeric == pytest.approx(10)
    assert torch.equal(what.values, before)


def test_all_are_moved_and_put_back() -> None:
    still, what = squares(RIGHT)
    before = what.values.clone()
    assert all_at_once(still, what, OPTIONS).verdict == "right"
    assert torch.equal(what.values, before)


@pytest.mark.parametrize("index", range(6))
def test_a_wrong_element_is_found_by_halves(index: int) -> None:
    wrong = RIGHT.clone()
    wrong.view(-1)[index] += 0.1
    still, what = squares(wrong)
    assert all_at_once(still, what, OPTIONS).verdict == "wrong"
    assert find_wrong(still, what, OPTIONS) == index
    assert at_element(still, what, index, OPTIONS).verdict == "wrong"


def test_where_no_half_is_wrong_no_element_is() -> None:
    still, what = squares(RIGHT)
    assert find_wrong(still, what, OPTIONS) is None


def test_elements_come_once_each_those_of_the_largest_and_smallest_slope_first() -> None:
    found = order(moved(SLOPES), OPTIONS, 6)
    assert found[:2] == [4, 1]
    assert sorted(found) == [0, 1, 2, 3, 4, 5]
    assert order(moved(SLOPES), OPTIONS, 3)[:2] == [4, 1]
    assert len(order(moved(SLOPES), OPTIONS, 3)) == 3


def test_of_many_elements_some_are_drawn() -> None:
    found = order(moved(torch.ones(10_000, dtype=torch.float64)), OPTIONS, 50)
    assert len(set(found)) == len(found)
    assert 40 < len(found) <= 50
    assert max(found) > 5_000


def test_of_no_elements_none_comes() -> None:
    assert order(moved(torch.ones(0, dtype=torch.float64)), OPTIONS, 50) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_direction_has_length_1_and_goes_up(seed: int) -> None:
    for slopes in (SLOPES, SLOPES[0, :1], SLOPES[1, 1]):
        generator = torch.Generator().manual_seed(seed)
        found = direction_of(slopes, generator)
        assert float(found.norm()) == pytest.approx(1)
        # at least the cosine of 45 degrees: half of it is the gradient's own
        assert float((found * slopes).sum()) >= 0.7 * float(slopes.norm())


def test_a_direction_without_a_slope_is_random() -> None:
    found = direction_of(torch.zeros(4, dtype=torch.float64), torch.Generator().manual_seed(1))
    assert float(found.norm()) == pytest.approx(1)


def test_indices_of_a_position_in_memory() -> None:
    values = torch.arange(24).view(2, 3, 4)
    assert indices(values, 17) == (1, 1, 1)
    assert int(values[1, 1, 1]) == 17
    assert indices(torch.zeros(()), 0) == ()
