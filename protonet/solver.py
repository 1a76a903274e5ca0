"""The loop, and nothing else: read a batch, compute, update, tell the hooks.

The solver knows a module, a loss, an optimizer and an iterator of batches; never YAML, files or
terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.optim import Optimizer, Slot
from protonet.optim.gradients import clip_, divide_, note_non_finite_, owned
from protonet.randomness import key

Outputs = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Objective:
    """What is trained, and towards what.

    Attributes:
        forward: from a batch, as tensors in the order of the net's inputs, to the net's outputs.
        loss: from the outputs to what is minimised, one number.
        slots: the parameters that are trained, at least one.
    """

    forward: Callable[..., Outputs]
    loss: Callable[[Outputs], Tensor]
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True)
class Updates:
    """How gradients become updates.

    Attributes:
        optimizer: the rule, over the objective's parameters in their order.
        rate: from an iteration to its learning rate.
        iter_size: batches whose gradients make one update.
        clip_gradients: largest L2 norm of the summed gradients, or None.
        seed: random numbers inside the net follow from it and the iteration.
    """

    optimizer: Optimizer
    rate: Callable[[int], float]
    iter_size: int = 1
    clip_gradients: float | None = None
    seed: int = 0


class Solver:
    """Trains one net.

    Args:
        objective: what is trained.
        updates: how.
        batches: endless.

    Attributes:
        iteration: updates made so far.
        flag: 0-d tensor on the device; 1 once a loss or gradient was not finite. Such an update is
            not applied, and none after it; nothing in the step waits for the device to find out.
        applied: 0-d tensor, updates applied in this process.
    """

    def __init__(
        self, objective: Objective, updates: Updates, batches: Iterator[tuple[Tensor, ...]]
    ) -> None:
        self._objective, self._updates, self._batches = objective, updates, batches
        self._parameters = [slot.tensor for slot in objective.slots]
        device = self._parameters[0].device
        self.iteration = 0
        self.flag = torch.zeros((), device=device)
        self.applied = torch.zeros((), dtype=torch.int64, device=device)

    def train(self, max_iter: int, hooks: Sequence[Hook]) -> None:
        """Step until `max_iter` updates are made or a hook votes to stop."""
        try:
            for hook in hooks:
                hook.before_train(self.iteration)
            while self.iteration < max_iter:
                step = self.step()
                votes = [hook.after_step(step) for hook in hooks]  # every hook is called
                if any(votes):
                    break
            for hook in hooks:
                hook.after_train(self.iteration)
        finally:
            for hook in hooks:
                hook.close()

    def step(self) -> Step:
        """Make one update and return what came out before it."""
        lr = self._updates.rate(self.iteration)
        seed_generators(self._updates.seed, self.iteration, self.flag.device)
        for parameter in self._parameters:
            parameter.grad = None
        passes = [self._backward() for _ in range(self._updates.iter_size)]
        loss = passes[0][0] if len(passes) == 1 else torch.stack([one for one, _ in passes]).mean()
        self._update(loss, lr)
        step = Step(self.iteration, loss, passes[-1][1], lr)
        self.iteration += 1
        return step

    def _backward(self) -> tuple[Tensor, Outputs]:
        outputs = self._objective.forward(*next(self._batches))
        loss = self._objective.loss(outputs)
        loss.backward()
        return loss.detach(), {name: value.detach() for name, value in outputs.items()}

    @torch.no_grad()
    def _update(self, loss: Tensor, lr: float) -> None:
        updates = self._updates
        # two parameters may have one gradient, which must not be clipped and divided twice
        gradients = owned([parameter.grad for parameter in self._parameters], self._parameters)
        note_non_finite_(self.flag, loss)
        if updates.clip_gradients is not None:
            clip_(gradients, updates.clip_gradients)
        divide_(gradients, updates.iter_size)
        updates.optimizer.update(gradients, lr, self.flag)
        self.applied += self.flag == 0


def seed_generators(seed: int, iteration: int, device: torch.device) -> None:
    """Seed torch's generators from (seed, iteration): a resumed run draws the same numbers."""
    number = key(seed, "step", iteration) >> 1
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)
