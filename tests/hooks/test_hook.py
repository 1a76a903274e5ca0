from __future__ import annotations

import torch

from protonet.hooks.hook import Hook, Step


def follow(hook: Hook, updates: range) -> None:
    """Take a hook through a run of these updates, in which it never votes to stop."""
    hook.before_train(updates.start)
    for iteration in updates:
        assert hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1)) is False
    hook.after_train(updates.stop)


def test_a_hook_that_overrides_nothing_never_votes_to_stop() -> None:
    hook = Hook()
    follow(hook, range(1))
    hook.close()
