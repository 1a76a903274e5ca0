"""The loop, and nothing else: read a batch, compute, update, tell the hooks.

The solver knows modules, losses, optimizers and an iterator of batches; never YAML, files or
terminals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

import torch
from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.optim import Evaluating
from protonet.randomness import key
from protonet.step.objective import Batch
from protonet.step.update import Computed, Update


class Solver:
    """Trains one net.

    Args:
        updates: what every iteration makes, in this order, of the same batches; at least one.
        batches: endless.
        seed: random numbers inside the net follow from it, the iteration, the number of the update,
            and the rank.
        rank: of this process among those that train together.

    Attributes:
        iteration: iterations made so far.
        flag: 0-d tensor on the device; 1 once a loss or gradient was not finite. Such an update is
            not applied, and none after it; nothing in the step waits for the device to find out.
        applied: 0-d tensor, iterations that were applied in this process.
        is_whole: whether the parameters are those after `iteration` iterations: not between the
            first and the last update of one.
    """

    def __init__(
        self, updates: Sequence[Update], batches: Iterator[Batch], *, seed: int = 0, rank: int = 0
    ) -> None:
        self._updates, self._batches = updates, batches
        self._seed, self._rank = seed, rank
        device = updates[0].parameters[0].device
        self._hooks: Sequence[Hook] = ()
        self.iteration = 0
        self.flag = torch.zeros((), device=device)
        self.applied = torch.zeros((), dtype=torch.int64, device=device)
        self.is_whole = True

    def train(self, max_iter: int, hooks: Sequence[Hook]) -> None:
        """Step until `max_iter` iterations are made or a hook votes to stop."""
        with ExitStack() as closing:
            for hook in reversed(hooks):  # closed in their order, each whatever another one raises
                closing.callback(hook.close)
            self._hooks = hooks
            closing.callback(setattr, self, "_hooks", ())
            self._loop(max_iter, hooks)

    def _loop(self, max_iter: int, hooks: Sequence[Hook]) -> None:
        for hook in hooks:
            hook.before_train(self.iteration)
        while self.iteration < max_iter:
            for hook in hooks:
                hook.before_step(self.iteration)
            step = self.step()
            votes = [hook.after_step(step) for hook in hooks]  # every hook is called
            if any(votes):
                break
        for hook in hooks:
            hook.after_train(self.iteration)

    def step(self) -> Step:
        """Make one iteration and return what came out before its updates."""
        batches: Iterable[Batch] = islice(self._batches, self._updates[0].iter_size)
        if len(self._updates) > 1:
            batches = list(batches)
        rates = [update.rate(self.iteration) for update in self._updates]
        computed = [self._make(number, batches, lr) for number, lr in enumerate(rates)]
        made = [one for one in computed if one is not None]
        with torch.no_grad():
            self.applied += self.flag == 0
            loss = made[0].loss if len(made) == 1 else torch.stack([one.loss for one in made]).sum()
        outputs = {name: value for one in made for name, value in one.outputs.items()}
        step = Step(self.iteration, loss, outputs, rates[0])
        self.iteration += 1
        self.is_whole = True
        return step

    def _make(self, number: int, batches: Iterable[Batch], lr: float) -> Computed | None:
        """Make one of the updates; None if it is not due in this iteration."""
        update = self._updates[number]
        if self.iteration % update.every:
            return None
        seed_generators(self._seed, self.iteration, self.flag.device, number, self._rank)
        self.is_whole &= number == 0 and not isinstance(update.optimizer, Evaluating)
        return update.make(batches, lr, self.flag, self._observe)

    def _observe(self, gradients: Sequence[Tensor]) -> None:
        self.is_whole = False
        for hook in self._hooks:
            hook.on_gradients(self.iteration, gradients)


def seed_generators(
    seed: int, iteration: int, device: torch.device, update: int = 0, rank: int = 0
) -> None:
    """Seed torch's generators from (seed, iteration, number of the update, rank): a resumed run
    draws the same numbers, and no two processes do."""
    words: tuple[int | str, ...] = ("step", iteration)
    if update or rank:
        words = (*words, update, rank) if rank else (*words, update)
    number = key(seed, *words) >> 1
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)
