from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from protonet.step.splitting import CannotSplit, Splitting, Sums, check, parts_of, weighed


def constant(x: Tensor) -> dict[str, Any]:
    return {"loss": (x.sum(), torch.tensor(4))}


def test_a_batch_is_cut_along_its_own_axes() -> None:
    splitting = Splitting(constant, {}, [1, 0, None])
    given = (torch.arange(10).view(2, 5), torch.arange(5), torch.ones(7))
    parts = splitting.parts(given, 2)
    assert [part[0].tolist() for part in parts] == [
        [[0, 1], [5, 6]],
        [[2, 3], [7, 8]],
        [[4], [9]],
    ]
    assert [part[1].tolist() for part in parts] == [[0, 1], [2, 3], [4]]
    assert all(part[2] is given[2] for part in parts)
    assert splitting.samples(given) == 5


def test_shorter_batches_than_a_part_stay_whole() -> None:
    (part,) = parts_of((torch.ones(2, 3),), [0], 5)
    assert part[0].shape == (2, 3)


ADDING = {"q": "quotient", "s": "sum", "m": "mean", "o": "own"}


def given(numerator: float, denominator: int, rest: float) -> dict[str, Any]:
    pair = (torch.tensor(numerator), torch.tensor(denominator))
    return {"q": pair, **{name: torch.tensor(rest) for name in "smo"}}


def test_outputs_of_parts_make_up_those_of_the_whole() -> None:
    sums = Sums(Splitting(constant, ADDING, [0]))
    sums.add(given(3.0, 2, 10.0), 0.75)
    sums.add(given(5.0, 0, 20.0), 0.25)
    whole = {name: value.item() for name, value in sums.outputs().items()}
    # (3 + 5) / (2 + 0), 10 + 20, 0.75 * 10 + 0.25 * 20, and that of the last part
    assert whole == {"q": 4.0, "s": 30.0, "m": 12.5, "o": 20.0}


def test_nothing_counted_divides_by_nothing() -> None:
    sums = Sums(Splitting(constant, {"q": "quotient"}, [0]))
    sums.add(given(0.0, 0, 0.0), 1.0)
    assert sums.outputs()["q"].item() == 0.0


def test_a_part_is_divided_by_what_the_whole_is() -> None:
    splitting = Splitting(constant, ADDING, [0])
    known = weighed(splitting, given(3.0, 2, 10.0), {"q": torch.tensor(6.0)}, 0.5)
    assert {name: value.item() for name, value in known.items()} == {
        "q": 0.5,
        "s": 10.0,
        "m": 5.0,
        "o": 10.0,
    }
    by_share = weighed(splitting, given(3.0, 2, 10.0), {}, 0.25)  # so the whole counts 8
    assert by_share["q"].item() == 3 / 8


def test_denominators_that_do_not_add_up_are_found() -> None:
    with pytest.raises(
        CannotSplit, match="^what loss is divided by does not grow with the samples$"
    ):
        check(Splitting(constant, {"loss": "quotient"}, [0]), (torch.ones(5),))
    check(Splitting(constant, {"loss": "quotient"}, [0]), (torch.ones(1),))  # it cannot be cut
    with pytest.raises(CannotSplit, match="^no input has a batch axis$"):
        check(Splitting(constant, {"loss": "quotient"}, [None]), (torch.ones(5),))
