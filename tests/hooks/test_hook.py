from __future__ import annotations

import pytest
import torch

from protonet.hooks.hook import Hook, Step, is_due


def follow(hook: Hook, updates: range) -> None:
    """Take a hook through a run of these updates, in which it never votes to stop."""
    hook.before_train(updates.start)
    for iteration in updates:
        assert hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1)) is False
    hook.after_train(updates.stop)


@pytest.mark.parametrize(
    ("iteration", "interval", "expected"),
    [(0, 5, True), (4, 5, False), (5, 5, True), (10, 5, True), (0, 0, False), (7, 0, False)],
)
def test_something_is_due_at_the_multiples_of_its_interval(
    iteration: int, interval: int, expected: bool
) -> None:
    assert is_due(iteration, interval) is expected


def test_a_hook_that_overrides_nothing_never_votes_to_stop() -> None:
    hook = Hook()
    follow(hook, range(1))
    hook.close()
