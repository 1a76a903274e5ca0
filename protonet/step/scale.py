"""Loss scaling: a loss of float16 is multiplied so that small gradients do not vanish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from protonet.errors import SnapshotError

SMALLEST = 2.0**-14
"""A scale below which gradients are no longer found too large, but not finite: the smallest normal
float16."""

_NAMES = ("scale", "growth")


@dataclass(frozen=True, slots=True)
class Growth:
    """How the scale looks for the largest one that works.

    Attributes:
        first: the scale of the first step.
        factor: it grows by this after `interval` steps without an overflow, and shrinks by as much
            after each one with.
        interval: steps.
    """

    first: float = 65536.0
    factor: float = 2.0
    interval: int = 2000


class LossScale:
    """The factor on the loss, found by trying; all of it stays on the device.

    Args:
        device: of the parameters.
        growth: how it changes.

    Attributes:
        value: 0-d tensor, the factor now.

    Source: Micikevicius et al., Mixed Precision Training, 2018.
    """

    def __init__(self, device: torch.device, growth: Growth = Growth()) -> None:
        self._growth = growth
        self.value = torch.full((), growth.first, device=device)
        self._steps = torch.zeros((), dtype=torch.int32, device=device)

    def unscale_(self, gradients: Sequence[Tensor], flag: Tensor) -> Tensor:
        """Divide the gradients by the scale, and look whether they overflowed.

        Args:
            gradients: `owned` ones, of any element types; overwritten.
            flag: 1 once training must not go on.

        Returns: a 0-d tensor, 1 where this step must not be applied.
        """
        held = flag.clone()
        inverse = self.value.double().reciprocal().float()
        kinds: dict[torch.dtype, list[Tensor]] = {}
        for gradient in gradients:
            kinds.setdefault(gradient.dtype, []).append(gradient)
        for one in kinds.values():
            torch._amp_foreach_non_finite_check_and_unscale_(one, held, inverse)
        return held

    def adapt(self, held: Tensor, flag: Tensor) -> None:
        """Shrink the scale after an overflow, let it grow after long without; set `flag` where even
        the smallest one overflows, for then it is not the scale that is wrong."""
        shrink, grow = 1.0 / self._growth.factor, self._growth.factor
        torch._amp_update_scale_(self.value, self._steps, held, grow, shrink, self._growth.interval)
        flag.masked_fill_(self.value < SMALLEST, 1.0)

    def state(self) -> dict[str, Tensor]:
        """Return what a snapshot must hold."""
        return dict(zip(_NAMES, (self.value, self._steps), strict=True))

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Copy a saved state in.

        Raises: SnapshotError if it holds no scale.
        """
        for name, tensor in self.state().items():
            if name not in state:
                raise SnapshotError(f"the snapshot has no loss scale ({name})")
            tensor.copy_(state[name])
