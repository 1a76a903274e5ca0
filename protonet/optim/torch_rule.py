"""Optimizers of torch.optim as update rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, optim

from protonet.errors import SnapshotError
from protonet.optim import lists
from protonet.optim.finite import check_finite
from protonet.optim.gradients import owned
from protonet.optim.lists import Step, grouped
from protonet.optim.record import Slot
from protonet.optim.torch_state import flattened, keys_below, restored

FUSED = frozenset({"SGD", "Adam", "AdamW"})
"""Classes whose fused kernels take a flag that holds the update back."""

DECAY, RATE = "weight_decay", "lr"


class TorchParameters:
    """An optimizer of torch with its parameters in groups of equal factors.

    Args:
        kind: the class.
        arguments: its own, without parameters and rate.
        slots: the parameters.

    Attributes:
        optimizer: torch's own.
    """

    def __init__(
        self, kind: type[optim.Optimizer], arguments: Mapping[str, Any], slots: Sequence[Slot]
    ) -> None:
        self._slots = {slot.name: slot.tensor for slot in slots}
        self._groups = list(grouped(slots, ()))
        tensors = [slot.tensor for slot in slots]
        make: Callable[..., optim.Optimizer] = kind  # torch's base class has another signature
        self.optimizer = make(
            [{"params": [tensors[place] for place in group.places]} for group in self._groups],
            lr=1.0,
            **arguments,
        )
        self._decay = self.optimizer.defaults.get(DECAY)
        for own, group in zip(self.optimizer.param_groups, self._groups, strict=True):
            if self._decay is not None:
                own[DECAY] = self._decay * group.decay_mult

    def set_rate(self, lr: float) -> None:
        """Set the rate of every group."""
        for own, group in zip(self.optimizer.param_groups, self._groups, strict=True):
            own[RATE] = lr * group.lr_mult

    def give(self, gradients: Sequence[Tensor | None]) -> list[Tensor]:
        """Set the gradients of the parameters, and return them."""
        own = owned(gradients, list(self._slots.values()))
        for tensor, gradient in zip(self._slots.values(), own, strict=True):
            tensor.grad = gradient
        return own

    def checked(self, gradients: Sequence[Tensor]) -> list[Step]:
        """Return the groups as steps, for the check of their gradients."""
        return [
            Step(group, [gradients[place] for place in group.places], rate=0.0)
            for group in self._groups
        ]

    def state(self) -> dict[str, Tensor]:
        """Return what torch keeps of each parameter, as `state/<parameter>/<key>`."""
        state = self.optimizer.state
        return {
            name: value
            for parameter, tensor in self._slots.items()
            for key, kept in state.get(tensor, {}).items()
            for name, value in flattened(f"{_prefix(parameter)}{key}", kept)
        }

    def load_state(self, saved: Mapping[str, Tensor]) -> None:
        """Put a saved state in place; memory formats are those of the parameters.

        Raises: SnapshotError if it is of other parameters.
        """
        known = tuple(_prefix(name) for name in self._slots)
        if strange := sorted(name for name in saved if not name.startswith(known)):
            raise SnapshotError(
                "the optimizer state fits other parameters: "
                + "; ".join(f"{name} is of no parameter here" for name in strange)
            )
        for name, tensor in self._slots.items():
            prefix = _prefix(name)
            keys = keys_below(prefix, saved)
            if keys:
                self.optimizer.state[tensor] = {
                    key: restored(f"{prefix}{key}", saved, tensor) for key in keys
                }


class TorchRule(TorchParameters):
    """An optimizer that takes one gradient of each parameter for an update.

    Where torch has no kernel that could hold the update back, the flag is read on every update; on
    a GPU that waits for the device.
    """

    def __init__(
        self, kind: type[optim.Optimizer], arguments: Mapping[str, Any], slots: Sequence[Slot]
    ) -> None:
        devices = {slot.tensor.device.type for slot in slots}
        self._fused = kind.__name__ in FUSED and devices <= lists.FUSED_DEVICES
        super().__init__(kind, {**arguments, **_ways(kind, fused=self._fused)}, slots)

    @torch.no_grad()
    def update(self, gradients: Sequence[Tensor | None], lr: float, flag: Tensor) -> None:
        """See `Optimizer`."""
        self.set_rate(lr)
        steps = self.checked(self.give(gradients))
        for step in steps:
            check = check_finite if self._fused else lists.check_portable
            check(step, flag)
        if self._fused:
            self.optimizer.found_inf = flag  # type: ignore[attr-defined]  # as torch's GradScaler does
            self.optimizer.step()
        elif not flag.item():
            self.optimizer.step()


def _ways(kind: type[optim.Optimizer], *, fused: bool) -> dict[str, bool]:
    """Return the arguments that choose how a class computes: fused, else over whole lists."""
    if fused:
        return {"fused": True}
    return {"foreach": True} if "foreach" in inspect.signature(kind).parameters else {}


def _prefix(parameter: str) -> str:
    return f"state/{parameter}/"
