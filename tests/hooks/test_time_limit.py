from __future__ import annotations

import torch

from protonet.hooks.hook import Step
from protonet.hooks.time_limit import TimeLimit


def test_it_votes_to_stop_once_the_time_is_over() -> None:
    times = iter([59.0, 60.0, 61.0])
    hook = TimeLimit(60.0, lambda: next(times))
    votes = [hook.after_step(Step(number, torch.zeros(()), {}, 0.1)) for number in range(3)]
    assert votes == [False, True, True]
