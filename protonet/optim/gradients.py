"""What is done to the gradients of all parameters before the update rule sees them.

Nothing here waits for the device. A gradient of None belongs to a parameter that no loss depends
on: it counts as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

Norm = Callable[[Sequence[Tensor]], Tensor]
"""From gradients to the L2 norm, 0-d, of all of them together."""


def owned(gradients: Sequence[Tensor | None], parameters: Sequence[Tensor]) -> list[Tensor]:
    """Return gradients that may be overwritten, each laid out in memory as its parameter.

    Autograd may give two parameters one piece of memory (in `.grad` too, where each saw a view of
    one tensor), or an expanded tensor, or one of another memory format, over which the fused
    kernels would silently run in the wrong order. Only such are copied.

    Args:
        gradients: one per parameter; None becomes zeros.
        parameters: all that share the step, since any two may share memory.
    """
    seen: set[int] = set()
    result = []
    for gradient, parameter in zip(gradients, parameters, strict=True):
        own = _owned(gradient, parameter, seen)
        seen.add(own.data_ptr())
        result.append(own)
    return result


def _owned(gradient: Tensor | None, parameter: Tensor, seen: set[int]) -> Tensor:
    if gradient is None:
        return torch.zeros_like(parameter)
    if gradient.stride() == parameter.stride() and gradient.data_ptr() not in seen:
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def norm_of(gradients: Sequence[Tensor]) -> Tensor:
    """Return the L2 norm, 0-d, of all gradients together; there is at least one."""
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(gradients))))
    return norm


def clip_(gradients: Iterable[Tensor | None], maximum: float, measure: Norm = norm_of) -> None:
    """Scale the gradients down, in place, so that their common L2 norm is at most `maximum`.

    A norm that is not finite is multiplied into the gradients, so that the update, which is not
    applied then, sees it even where each gradient by itself is finite. The gradients must be
    `owned`: memory that two of them share would be scaled twice.
    Source: Caffe, sgd_solver.cpp, ClipGradients.
    """
    present = [gradient for gradient in gradients if gradient is not None]
    if not present:
        return
    norm = measure(present)
    shrinking = torch.full_like(norm, maximum) / norm  # `maximum / norm` is rounded twice
    factor = torch.where(norm.isfinite(), torch.clamp(shrinking, max=1.0), norm)
    torch._foreach_mul_(present, factor)


def clip_values_(gradients: Sequence[Tensor], maximum: float) -> None:
    """Bring every element, in place, between `-maximum` and `maximum`.

    What is not finite comes out not a number, so that the update, which is not applied then, sees
    it.
    """
    own = list(gradients)
    strange = list(torch._foreach_mul(own, 0.0))  # inf * 0 and nan * 0 are nan
    torch._foreach_clamp_max_(own, maximum)
    torch._foreach_clamp_min_(own, -maximum)
    torch._foreach_add_(own, strange)


def divide_(gradients: Iterable[Tensor | None], iter_size: int) -> None:
    """Divide the gradients, in place, by the number of batches they are the sum of.

    The gradients must be `owned`.
    """
    present = [gradient for gradient in gradients if gradient is not None]
    if iter_size != 1 and present:
        torch._foreach_div_(present, float(iter_size))


def note_non_finite_(flag: Tensor, loss: Tensor) -> None:
    """Set `flag` to 1 where the loss is infinite or not a number; both are 0-d, on one device."""
    flag.masked_fill_((loss - loss).ne(0), 1.0)  # inf - inf is nan; isfinite takes four operations
