from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from protonet.errors import NonFiniteError
from protonet.hooks.guard import Failure, Guard
from protonet.hooks.hook import Step

MESSAGE = (
    "iteration 7: the output of layer ip is not finite; loss nan, lr 0.25, gradient norm inf (5 at "
    "iteration 6). Training stopped, and nothing of that update was applied: the weights are those "
    "before it. A lower base_lr or clip_gradients often helps; look at the inputs too; {where}"
)
REPEAT = "repeat that step with: protonet replay 'runs/a b/replay_iter_7'"


def guard(
    flag: float, *, display: int = 0, test: int = 0, snapshot: int = 0, refused: str = ""
) -> Guard:
    made = Guard(
        torch.tensor(flag),
        torch.tensor(2),  # applied in this process, which began after 5 updates
        (display, test, snapshot),
        20,
        explained(refused),
    )
    made.before_train(5)
    return made


def explained(refused: str) -> Callable[[int, float], Failure]:
    def explain(iteration: int, lr: float) -> Failure:
        assert (iteration, lr) == (7, 0.25)
        what = "the output of layer ip is not finite"
        return Failure(what, math.nan, math.inf, Path("runs/a b/replay_iter_7"), refused)

    return explain


def step(iteration: int) -> Step:
    return Step(iteration, torch.zeros(()), {}, 0.25)


@pytest.mark.parametrize(
    ("intervals", "iteration"),
    [({"display": 4}, 8), ({"test": 4}, 7), ({"snapshot": 4}, 7), ({}, 19)],
)
def test_stops_where_the_device_is_waited_for_anyway(
    intervals: dict[str, int], iteration: int
) -> None:
    with pytest.raises(NonFiniteError) as caught:
        stopping = guard(1.0, **intervals)  # type: ignore[arg-type]  # all are intervals
        stopping.after_step(step(iteration))
    told = str(caught.value)
    assert told == MESSAGE.replace(" (5 at iteration 6)", "").format(where=REPEAT)


def test_tells_the_last_norm_that_was_displayed_before() -> None:
    stopping = guard(1.0, display=2, refused="runs: cannot be written: No space left on device")
    for iteration, value in ((5, 1.0), (6, 3.0), (7, 7.0), (8, 9.0)):
        pair = [torch.tensor([value, 0.0]), torch.tensor(4.0)]
        stopping.on_gradients(iteration, pair)
        stopping.on_gradients(iteration, [torch.tensor(99.0)])  # of a second update
    stopping.after_step(step(7))
    with pytest.raises(NonFiniteError) as caught:
        stopping.after_step(step(8))
    where = "the step could not be written down: runs: cannot be written: No space left on device"
    assert str(caught.value) == MESSAGE.format(where=where)  # (3, 4) has the norm 5


def test_does_not_read_the_flag_between() -> None:
    unread = guard(1.0, display=4, test=4)
    assert unread.after_step(step(9)) is False


def test_stops_before_the_last_test_and_snapshot() -> None:
    stopping = guard(1.0)
    stopping.after_step(step(7))
    with pytest.raises(NonFiniteError):
        stopping.after_train(9)


def test_says_nothing_while_all_is_finite() -> None:
    quiet = guard(0.0, display=1)
    assert quiet.after_step(step(6)) is False
    quiet.after_train(7)
