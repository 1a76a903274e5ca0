"""torch's LBFGS, which evaluates the loss several times in one update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, optim

from protonet.optim.record import Evaluate, Evaluating, Slot
from protonet.optim.torch_rule import TorchParameters


class LBFGS(Evaluating):
    """Limited-memory BFGS over one group of parameters.

    Its arithmetic itself waits for the device, so it reads what is not finite at once.

    Args:
        arguments: those of torch's class, without parameters and rate.
        slots: the parameters; all of the same factors, for the method knows one rate only.

    Raises: ValueError for arguments that torch would refuse only in the first update.
    """

    def __init__(self, arguments: Mapping[str, Any], slots: Sequence[Slot]) -> None:
        _check_arguments(arguments)
        self._tensors = [slot.tensor for slot in slots]
        self._inner = TorchParameters(optim.LBFGS, arguments, slots)

    def update_by(self, evaluate: Evaluate, lr: float, flag: Tensor) -> None:
        """See `Evaluating`."""
        if flag.item():
            return
        self._inner.set_rate(lr)
        before = [tensor.detach().clone() for tensor in self._tensors]
        remembered = _copied(self._inner.optimizer.state)

        def closure() -> float:
            loss, gradients = evaluate()
            _check([loss, *gradients])
            self._inner.give(gradients)
            return loss.item()

        try:
            self._inner.optimizer.step(closure)
            _check(self._tensors)
        except _NotFiniteError:
            flag.fill_(1.0)
            with torch.no_grad():
                torch._foreach_copy_([tensor.detach() for tensor in self._tensors], before)
            self._inner.optimizer.state = remembered

    def state(self) -> dict[str, Tensor]:
        """See `Remembering`."""
        return self._inner.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """See `Remembering`."""
        self._inner.load_state(state)


def _copied(
    state: Mapping[Tensor, Mapping[str, Any]],
) -> defaultdict[Tensor, dict[str, Any]]:
    """Return what torch remembers, as it is now: of what stands in its lists nothing is written
    over, so those vectors are not copied."""
    copied: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
    for tensor, kept in state.items():
        copied[tensor] = {key: _copy(value) for key, value in kept.items()}
    return copied


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    return list(value) if isinstance(value, list) else value


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    search = arguments.get("line_search_fn")
    if search not in (None, "strong_wolfe"):
        raise ValueError(f'line_search_fn is "{search}"; there is strong_wolfe only, and null')
    for key in ("history_size", "max_iter", "max_eval"):
        count = arguments.get(key)
        if count is not None and not (isinstance(count, int) and count > 0):
            raise ValueError(f"{key} is {count}, and must be a whole number above 0")


class _NotFiniteError(Exception):
    """Leaves torch's line search, which could not go on from such a number."""


def _check(tensors: Sequence[Tensor]) -> None:
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        raise _NotFiniteError
