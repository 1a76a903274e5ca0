"""Caffe's SGD: momentum with the learning rate inside the history, and L1 or L2 weight decay.

torch.optim.SGD keeps the rate out of its buffer, which is another rule as soon as the rate changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from protonet.errors import SnapshotError
from protonet.optim import momentum as arithmetic
from protonet.optim.gradients import owned
from protonet.optim.momentum import Group, Step
from protonet.optim.record import OptimizerType, Slot
from protonet.records import NonNegative, Record

Regularization = Literal["L2", "L1"]

HISTORY = "history/"
"""What stands before a parameter's name in the saved state."""


class SgdParams(Record):
    """Stochastic gradient descent with momentum."""

    momentum: NonNegative = 0.0
    """Share of the last update that is repeated; from 1 on, updates only grow."""
    weight_decay: NonNegative = 0.0
    """Strength of the pull of the weights towards 0, before each parameter's `decay_mult`."""
    regularization_type: Regularization = "L2"
    """`L2` pulls in proportion to a weight, `L1` by the same amount whatever its size."""


class Sgd:
    """v = momentum * v + r * (g + d * w); w -= v, with r = lr * lr_mult, d = decay * decay_mult.

    Parameters of lr_mult 0 are left alone: they have no history, and their gradients are not read.
    With a momentum of 0 nothing has a history.

    Args:
        slots: the parameters; `update` takes the gradients in this order.
        params: momentum and decay.
    """

    def __init__(self, slots: Sequence[Slot], params: SgdParams) -> None:
        self._params = params
        self._places = [place for place, slot in enumerate(slots) if slot.lr_mult != 0]
        learning = [slots[place] for place in self._places]
        self._tensors = [slot.tensor.detach() for slot in learning]
        remembering = learning if params.momentum else []
        self.history = {slot.name: torch.zeros_like(slot.tensor.detach()) for slot in remembering}
        self._groups = _grouped(learning, self.history)
        fused = all(slot.tensor.device.type in arithmetic.FUSED_DEVICES for slot in learning)
        self._check = arithmetic.check_fused if fused else arithmetic.check_portable
        self._step = arithmetic.step_fused if fused else arithmetic.step_portable

    @torch.no_grad()
    def update(self, gradients: Sequence[Tensor | None], lr: float, flag: Tensor) -> None:
        """Apply one update, unless `flag` is 1 or a gradient is not finite, which sets it.

        Args:
            gradients: one per slot, overwritten; None counts as 0.
            lr: the learning rate of this iteration.
            flag: 0-d float32 tensor on the parameters' device, 0 while all has been finite.
        """
        own = owned([gradients[place] for place in self._places], self._tensors)
        steps = [self._plan(group, own, lr) for group in self._groups]
        for step in steps:
            self._check(step, flag)
        for step in steps:
            self._step(step, flag)

    def state(self) -> dict[str, Tensor]:
        """Return the history of each parameter that has one as `history/<name>`."""
        return {HISTORY + name: tensor for name, tensor in self.history.items()}

    @torch.no_grad()
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Copy a saved history in; the memory layout stays.

        Raises: SnapshotError if names or shapes differ.
        """
        own = self.state()
        if problems := list(_differences(state, own)):
            raise SnapshotError(
                "the optimizer state fits other parameters: " + "; ".join(sorted(problems))
            )
        for name, tensor in own.items():
            tensor.copy_(state[name])

    def _plan(self, group: Group, gradients: Sequence[Tensor], lr: float) -> Step:
        return Step(
            group=group,
            gradients=[gradients[place] for place in group.places],
            rate=lr * group.lr_mult,
            momentum=self._params.momentum,
            decay=self._params.weight_decay * group.decay_mult,
            l1=self._params.regularization_type == "L1",
        )


def _grouped(slots: Sequence[Slot], history: Mapping[str, Tensor]) -> list[Group]:
    """Return the parameters, those in one group that one fused call can update."""
    members: dict[tuple[object, ...], list[int]] = {}
    for place, slot in enumerate(slots):
        kind = (slot.lr_mult, slot.decay_mult, slot.tensor.dtype, slot.tensor.device)
        members.setdefault(kind, []).append(place)
    return [_group([slots[i] for i in places], places, history) for places in members.values()]


def _group(slots: Sequence[Slot], places: list[int], history: Mapping[str, Tensor]) -> Group:
    return Group(
        places=tuple(places),
        parameters=[slot.tensor.detach() for slot in slots],
        history=[history[slot.name] for slot in slots if slot.name in history],
        lr_mult=slots[0].lr_mult,
        decay_mult=slots[0].decay_mult,
        rate=torch.zeros((), dtype=torch.float32, device=slots[0].tensor.device),
    )


def _differences(saved: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Iterator[str]:
    yield from (f"{name} is missing" for name in own.keys() - saved.keys())
    yield from (f"{name} is of no parameter here" for name in saved.keys() - own.keys())
    for name in own.keys() & saved.keys():
        if own[name].shape != saved[name].shape:
            yield f"{name} is {tuple(saved[name].shape)}, not {tuple(own[name].shape)}"


SGD = OptimizerType("SGD", SgdParams, lambda params, slots: Sgd(slots, params))
