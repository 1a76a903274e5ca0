from __future__ import annotations

import pytest
import torch

from protonet.errors import NonFiniteError
from protonet.hooks.guard import Guard
from protonet.hooks.hook import Step

MESSAGE = (
    "iteration 7: the output of layer ip is not finite; training stopped, and nothing of that "
    "update was applied. The weights are those before it. A lower base_lr or clip_gradients "
    "often helps; look at the inputs too"
)


def guard(flag: float, *, display: int = 0, test: int = 0, snapshot: int = 0) -> Guard:
    made = Guard(
        torch.tensor(flag),
        torch.tensor(2),  # applied in this process, which began after 5 updates
        (display, test, snapshot),
        20,
        lambda iteration: "the output of layer ip is not finite" if iteration == 7 else "?",
    )
    made.before_train(5)
    return made


def step(iteration: int) -> Step:
    return Step(iteration, torch.zeros(()), {}, 0.1)


@pytest.mark.parametrize(
    ("intervals", "iteration"),
    [({"display": 4}, 8), ({"test": 4}, 7), ({"snapshot": 4}, 7), ({}, 19)],
)
def test_stops_where_the_device_is_waited_for_anyway(
    intervals: dict[str, int], iteration: int
) -> None:
    with pytest.raises(NonFiniteError) as caught:
        guard(1.0, **intervals).after_step(step(iteration))
    assert str(caught.value) == MESSAGE


def test_does_not_read_the_flag_between() -> None:
    unread = guard(1.0, display=4, test=4)
    assert unread.after_step(step(9)) is False


def test_stops_before_the_last_test_and_snapshot() -> None:
    with pytest.raises(NonFiniteError):
        guard(1.0).after_train(9)


def test_says_nothing_while_all_is_finite() -> None:
    quiet = guard(0.0, display=1)
    assert quiet.after_step(step(6)) is False
    quiet.after_train(7)
