"""Shapes are shown with the axes they follow."""

from __future__ import annotations

from itertools import combinations

import pytest

from protonet.layers.record import Blob
from protonet.net.axes import Axes, Shape, axis_sizes, follows, shown
from protonet.spec.net import InputSpec

INPUTS = {"x": InputSpec(shape=("T", "N", 4)), "y": InputSpec(shape=("H", "W"))}
SIZES = axis_sizes(INPUTS)


def test_named_axes_differ_in_growth_and_in_proportion() -> None:
    first, second = axis_sizes({str(n): InputSpec(shape=(f"A{n}",)) for n in range(20)})
    assert list(first) == ["N", *sorted(f"A{n}" for n in range(20))]
    pairs = [(first[name], second[name]) for name in first]
    for (a, b), (c, d) in combinations(pairs, 2):
        assert a * d != b * c
        assert b - a != d - c


def test_image_axes_can_be_halved_six_times() -> None:
    first, second = SIZES
    halves = [sizes[name] % 64 for sizes in (first, second) for name in "HTW"]
    assert halves == [0] * 6


def test_the_sizes_do_not_depend_on_the_order_of_the_inputs() -> None:
    assert axis_sizes(dict(reversed(INPUTS.items()))) == SIZES


@pytest.mark.parametrize(
    ("small", "large", "axes"),
    [
        # N is 2, then 3; H is 256, then 320; T is 384, then 512; W is 512, then 704
        ((2, 20, 24), (3, 20, 24), ("N", 20, 24)),
        ((8,), (12,), ("4N",)),
        ((128,), (160,), ("H/2",)),
        ((4,), (5,), ("H/64",)),
        ((768,), (1024,), ("2T",)),
        ((192,), (256,), ("T/2",)),
        ((1536,), (2112,), ("3W",)),
        ((3,), (4,), ("N+1",)),
        ((382,), (510,), ("T-2",)),
        ((516,), (708,), ("W+4",)),
        ((5,), (9,), ("?",)),
        ((), (), ()),
    ],
)
def test_an_axis_is_a_number_or_what_it_is_of_a_named_one(
    small: tuple[int, ...], large: tuple[int, ...], axes: Axes
) -> None:
    assert Shape(Blob(small), Blob(large)).axes(SIZES) == axes


@pytest.mark.parametrize("axis", ["T", "4T", "T/2", "3T/2", "T-2", "T+1"])
def test_what_is_made_of_a_named_axis_follows_it(axis: str) -> None:
    assert follows(axis, "T")


@pytest.mark.parametrize("axis", ["N", "TN", "LENGTH", "2TN", "?", "T'", 4])
def test_the_letter_of_an_axis_in_the_name_of_another_means_nothing(axis: int | str) -> None:
    assert not follows(axis, "T")


def test_axes_are_written_in_brackets() -> None:
    assert (shown(("N", 1, "T-2")), shown(())) == ("(N, 1, T-2)", "()")
