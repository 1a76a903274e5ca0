"""What a learning-rate policy is: a pure function of the iteration; a resume needs no state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from protonet.records import Record

Schedule = Callable[[int], float]
"""From the iteration, counted from 0, to its learning rate."""


@dataclass(frozen=True, slots=True)
class LrPolicyType:
    """One entry of `LR_POLICIES`.

    Attributes:
        name: the word after `lr_policy: {type: …}`.
        params: the model of the policy's own keys.
        build: `build(params, base_lr, max_iter)` gives the schedule.
        ends: whether its rates depend on `max_iter`.
    """

    name: str
    params: type[Record]
    build: Callable[[Any, float, int], Schedule]
    ends: bool = False
