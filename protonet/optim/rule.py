"""An update rule at work: it groups the parameters, keeps what is remembered, and saves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from protonet.errors import SnapshotError
from protonet.optim import lists
from protonet.optim.gradients import owned
from protonet.optim.keys import DecayParams
from protonet.optim.lists import Group, Step, grouped
from protonet.optim.record import Slot

Half = Callable[[Step, Tensor], None]
"""One half of an update, told the flag."""

BUFFERS = ("history", "history2")
"""What stands before a parameter's name in the saved state: the first and the second buffers."""

STEPS = "steps"
"""The name of the number of updates in the saved state."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compute an update: all groups are checked before the first takes its step."""

    check: Half
    step: Half


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What tells one update rule from another.

    Attributes:
        fused: by torch's fused kernels.
        portable: by elementary operations.
        buffers: how many tensors it remembers of each parameter, 0 to 2.
        counts: whether it depends on the number of updates.
    """

    fused: Way
    portable: Way
    buffers: int
    counts: bool = False


class ListRule:
    """An update rule over whole parameter lists.

    Parameters of lr_mult 0 are left alone: nothing of them is remembered, and their gradients are
    not read.

    Args:
        slots: the parameters; `update` takes the gradients in this order.
        decay: the weight decay.
        arithmetic: the rule itself.
    """

    def __init__(self, slots: Sequence[Slot], decay: DecayParams, arithmetic: Arithmetic) -> None:
        self._decay = decay
        self._places = [place for place, slot in enumerate(slots) if slot.lr_mult != 0]
        learning = [slots[place] for place in self._places]
        self._tensors = [slot.tensor.detach() for slot in learning]
        self.buffers = tuple(
            {slot.name: torch.zeros_like(slot.tensor.detach()) for slot in learning}
            for _ in range(arithmetic.buffers)
        )
        """What is remembered of each parameter, by its name: the first buffers, then the second."""
        self._groups = list(grouped(learning, [list(one.values()) for one in self.buffers]))
        fused = all(slot.tensor.device.type in lists.FUSED_DEVICES for slot in learning)
        self._way = arithmetic.fused if fused else arithmetic.portable
        # on the CPU wherever the parameters are, so that reading it waits for no device
        self._steps = torch.zeros((), dtype=torch.int64, device="cpu")
        self._counts = arithmetic.counts

    @torch.no_grad()
    def update(self, gradients: Sequence[Tensor | None], lr: float, flag: Tensor) -> None:
        """Apply one update, unless `flag` is 1 or a gradient is not finite, which sets it.

        Args:
            gradients: one per slot, overwritten; None counts as 0.
            lr: the learning rate of this iteration.
            flag: 0-d float32 tensor on the parameters' device, 0 while all has been finite.
        """
        own = owned([gradients[place] for place in self._places], self._tensors)
        self._steps += 1
        count = int(self._steps)
        steps = [self._plan(group, own, lr, count) for group in self._groups]
        for step in steps:
            self._way.check(step, flag)
        for step in steps:
            self._way.step(step, flag)

    def state(self) -> dict[str, Tensor]:
        """Return the buffers, all first ones as `history/<name>`, then all second ones as
        `history2/<name>`, and `steps` where the rule counts them."""
        found = {
            f"{kind}/{name}": tensor
            for kind, buffer in zip(BUFFERS, self.buffers, strict=False)
            for name, tensor in buffer.items()
        }
        return {**found, STEPS: self._steps} if self._counts else found

    @torch.no_grad()
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Copy a saved state in; the memory layout stays.

        Raises: SnapshotError if names or shapes differ.
        """
        own = self.state()
        if problems := list(_differences(state, own)):
            raise SnapshotError(
                "the optimizer state fits other parameters: " + "; ".join(sorted(problems))
            )
        for name, tensor in own.items():
            tensor.copy_(state[name])

    def _plan(self, group: Group, gradients: Sequence[Tensor], lr: float, count: int) -> Step:
        return Step(
            group=group,
            gradients=[gradients[place] for place in group.places],
            rate=lr * group.lr_mult,
            decay=self._decay.weight_decay * group.decay_mult,
            l1=self._decay.regularization_type == "L1",
            count=count,
        )


def _differences(saved: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> Iterator[str]:
    yield from (f"{name} is missing" for name in own.keys() - saved.keys())
    yield from (f"{name} is of no parameter here" for name in saved.keys() - own.keys())
    for name in own.keys() & saved.keys():
        if own[name].shape != saved[name].shape:
            yield f"{name} is {tuple(saved[name].shape)}, not {tuple(own[name].shape)}"
