"""The loop, and nothing else: read a batch, compute, update, tell the hooks.

The solver knows a module, a loss, an optimizer and an iterator of batches; never YAML, files or
terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.optim import Optimizer, Slot
from protonet.optim.gradients import clip_, divide_, note_non_finite_
from protonet.randomness import key

Outputs = Mapping[str, Tensor]


class Solver:
    """Trains one net.

    Args:
        forward: from a batch, as tensors in the order of the net's inputs, to the net's outputs.
        loss: from the outputs to what is minimised, one number.
        slots: the parameters that are trained.
        optimizer: the update rule over the same parameters, in the same order.
        rate: from an iteration to its learning rate.
        batches: endless.
        iter_size: batches whose gradients make one update.
        clip_gradients: largest L2 norm of the summed gradients, or None.
        seed: random numbers inside the net follow from it and the iteration.

    Attributes:
        iteration: updates made so far.
        flag: 0-d tensor on the device; 1 once a loss or gradient was not finite. Such an update is
            not applied, and none after it; nothing in the step waits for the device to find out.
        applied: 0-d tensor, updates applied in this process.
    """

    def __init__(
        self,
        forward: Callable[..., Outputs],
        loss: Callable[[Outputs], Tensor],
        slots: Sequence[Slot],
        optimizer: Optimizer,
        *,
        rate: Callable[[int], float],
        batches: Iterator[tuple[Tensor, ...]],
        iter_size: int = 1,
        clip_gradients: float | None = None,
        seed: int = 0,
    ) -> None:
        self._forward, self._loss, self._optimizer, self._rate = forward, loss, optimizer, rate
        self._parameters = [slot.tensor for slot in slots]
        self._batches, self._iter_size, self._clip, self._seed = (
            batches,
            iter_size,
            clip_gradients,
            seed,
        )
        device = self._parameters[0].device
        self.iteration = 0
        self.flag = torch.zeros((), device=device)
        self.applied = torch.zeros((), device=device)

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
        lr = self._rate(self.iteration)
        seed_generators(self._seed, self.iteration, self.flag.device)
        for parameter in self._parameters:
            parameter.grad = None
        losses = [self._backward() for _ in range(self._iter_size)]
        loss = (
            losses[0][0] if self._iter_size == 1 else torch.stack([one for one, _ in losses]).mean()
        )
        self._update(loss, lr)
        step = Step(self.iteration, loss, losses[-1][1], lr)
        self.iteration += 1
        return step

    def _backward(self) -> tuple[Tensor, Outputs]:
        outputs = self._forward(*next(self._batches))
        loss = self._loss(outputs)
        loss.backward()
        return loss.detach(), {name: value.detach() for name, value in outputs.items()}

    def _update(self, loss: Tensor, lr: float) -> None:
        with torch.no_grad():
            gradients = [parameter.grad for parameter in self._parameters]
            note_non_finite_(self.flag, loss)
            if self._clip is not None:
                clip_(gradients, self._clip)
            divide_(gradients, self._iter_size)
            self._optimizer.update(gradients, lr, self.flag)
            self.applied += 1 - self.flag


def seed_generators(seed: int, iteration: int, device: torch.device) -> None:
    """Seed torch's generators from (seed, iteration), so that a resumed run draws the same
    numbers."""
    number = key(seed, "step", iteration) >> 1
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)
