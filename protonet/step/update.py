"""One update: from batches to a loss, to gradients, to changed parameters.

Nothing here waits for the device, but for optimizers that evaluate the loss several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from protonet.optim import Evaluating, Optimizer
from protonet.optim.gradients import (
    Norm,
    clip_,
    clip_values_,
    divide_,
    norm_of,
    note_non_finite_,
    owned,
)
from protonet.step.generators import generator_state, set_generator_state
from protonet.step.micro import Micro
from protonet.step.objective import Batch, Objective, Outputs
from protonet.step.scale import LossScale

Rate = Callable[[int], float]
"""From an iteration, from 0, to its learning rate; asked in the order of the iterations."""

Observe = Callable[[Sequence[Tensor]], None]
"""Takes the gradients of an update, in the order of its parameters, before they are clipped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is done to gradients before they are applied.

    Attributes:
        norm: largest L2 norm of all together, or None.
        value: largest magnitude of each, or None.
    """

    norm: float | None = None
    value: float | None = None

    def apply_(self, gradients: Sequence[Tensor], measure: Norm = norm_of) -> None:
        """Clip in place; the gradients must be `owned`, and `measure` gives their norm."""
        if self.value is not None:
            clip_values_(gradients, self.value)
        if self.norm is not None:
            clip_(gradients, self.norm, measure)


@dataclass(frozen=True, slots=True)
class Computed:
    """What came out of an update, before it was applied.

    Attributes:
        loss: what was minimised, averaged over the batches.
        outputs: of the net, for the last batch.
    """

    loss: Tensor
    outputs: Outputs


class Combine(Protocol):
    """What makes one of the parts of a batch that several processes have computed."""

    def __call__(
        self, gradients: list[Tensor], computed: Computed
    ) -> tuple[list[Tensor], Computed]:
        """Return gradients, which may be overwritten, loss and numbers of the whole batch."""
        ...


class Shares(Protocol):
    """What knows of parameters that several processes share out, each having a part of every one;
    all processes call it together."""

    def held(self, tensor: Tensor) -> Tensor:
        """Return this process's part of a parameter, or of its gradient."""
        ...

    def agree_(self, gradients: Sequence[Tensor], flag: Tensor) -> None:
        """Set `flag` everywhere where it is set in one process, or a gradient there is not
        finite."""
        ...

    def norm(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the L2 norm, 0-d, of all parts of all tensors together."""
        ...


@dataclass(frozen=True, slots=True)
class Update:
    """How an objective is trained.

    Attributes:
        objective: what is trained.
        optimizer: the rule, over the objective's parameters in their order.
        rate: from an iteration to its learning rate.
        iter_size: batches whose gradients make one update.
        limits: on the gradients.
        scale: the factor on the loss, of float16; None: 1.
        every: it is made in every so many-th iteration.
        combine: where several processes compute parts of a batch, what adds them up; None: this one
            computes the whole.
        micro: computes a batch in parts; None: always as a whole.
        shares: where several processes share out the parameters; the rule is over this one's parts.
    """

    objective: Objective
    optimizer: Optimizer | Evaluating
    rate: Rate
    iter_size: int = 1
    limits: Limits = Limits()
    scale: LossScale | None = None
    every: int = 1
    combine: Combine | None = None
    micro: Micro | None = None
    shares: Shares | None = None

    @property
    def parameters(self) -> list[Tensor]:
        """The tensors that it changes."""
        return [slot.tensor for slot in self.objective.slots]

    def make(
        self, batches: Iterable[Batch], lr: float, flag: Tensor, observe: Observe | None = None
    ) -> Computed:
        """Compute the gradients and apply them, unless `flag` is 1 or something is not finite,
        which sets it.

        Args:
            batches: `iter_size` of them.
            lr: the learning rate.
            flag: 0-d tensor on the device of the parameters.
            observe: sees the gradients.
        """
        if isinstance(self.optimizer, Evaluating):
            return self._evaluated(self.optimizer, list(batches), lr, flag)
        computed = self.compute(batches)
        with torch.no_grad():
            gradients, computed = self._combined(computed)
            self._apply(gradients, computed.loss, lr, flag, observe)
        return computed

    def compute(self, batches: Iterable[Batch]) -> Computed:
        """Compute loss and gradients; these are summed in the parameters' `.grad`."""
        if self.micro is None:
            return self._computed(batches)
        return self.micro.guarded(self._computed, batches, self.parameters[0].device)

    def _computed(self, batches: Iterable[Batch]) -> Computed:
        for parameter in self.parameters:
            parameter.grad = None
        losses: list[Tensor] = []
        outputs: Outputs = {}
        for batch in batches:
            loss, outputs = self._backward(batch)
            losses.append(loss)
        mean = losses[0] if len(losses) == 1 else torch.stack(losses).mean()
        return Computed(mean, outputs)

    def gradients(self) -> list[Tensor]:
        """Return the computed gradients, which may be overwritten, summed over the batches.

        Two parameters may have one gradient, which must not be clipped and divided twice.
        """
        parameters = self.parameters
        gradients = [parameter.grad for parameter in parameters]
        if self.shares is None:
            return owned(gradients, parameters)
        held = self.shares.held
        own = [None if gradient is None else held(gradient) for gradient in gradients]
        return owned(own, [held(parameter) for parameter in parameters])

    def _backward(self, batch: Batch) -> tuple[Tensor, Outputs]:
        if self.micro is not None and (made := self.micro.backward(batch, self._differentiate)):
            return made
        outputs = self.objective.forward(*batch)
        loss = self._differentiate(outputs)
        return loss, {name: value.detach() for name, value in outputs.items()}

    def _differentiate(self, outputs: Outputs) -> Tensor:
        objective = self.objective
        loss = objective.loss(outputs)
        scaled = loss if self.scale is None else loss * self.scale.value
        scaled.backward(inputs=None if objective.alone else self.parameters)
        return loss.detach()

    def _combined(self, computed: Computed) -> tuple[list[Tensor], Computed]:
        """Return the gradients, and what came out with them, of the whole batch."""
        gradients = self.gradients()
        return self.combine(gradients, computed) if self.combine else (gradients, computed)

    def _apply(
        self,
        gradients: list[Tensor],
        loss: Tensor,
        lr: float,
        flag: Tensor,
        observe: Observe | None,
    ) -> None:
        note_non_finite_(flag, loss)
        held = flag if self.scale is None else self.scale.unscale_(gradients, flag)
        if self.shares is not None:
            self.shares.agree_(gradients, held)
        if observe is not None:
            observe(gradients)
        self._limit(gradients)
        assert not isinstance(self.optimizer, Evaluating)  # `make` has seen to it
        self.optimizer.update(gradients, lr, held)
        if self.scale is not None:
            self.scale.adapt(held, flag)

    def _limit(self, gradients: Sequence[Tensor]) -> None:
        """Clip the sum, then divide it by the number of batches, as Caffe does."""
        self.limits.apply_(gradients, self.shares.norm if self.shares else norm_of)
        divide_(gradients, self.iter_size)

    def _evaluated(
        self, optimizer: Evaluating, batches: list[Batch], lr: float, flag: Tensor
    ) -> Computed:
        """Let the optimizer evaluate the loss of the same batches, with the same random numbers, as
        often as it likes; what is shown is the first evaluation."""
        device = flag.device
        state = generator_state(device)
        computed: list[Computed] = []

        def evaluate() -> tuple[Tensor, list[Tensor]]:
            set_generator_state(device, state)
            found = self.compute(batches)
            with torch.no_grad():
                gradients, found = self._combined(found)
                self._limit(gradients)
            computed.append(found)
            return found.loss, gradients

        optimizer.update_by(evaluate, lr, flag)
        return computed[0]
