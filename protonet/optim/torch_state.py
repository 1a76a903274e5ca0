"""The state of an optimizer of torch as flat, named tensors, and back.

It holds tensors, numbers, None and lists of these. A number becomes a 0-d tensor whose name ends in
its Python type, `conv1/weight/n_iter:int`, so that it comes back as what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from protonet.errors import SnapshotError

State = dict[str, Any]
"""What torch keeps of one parameter, by its own names."""

_NUMBERS: Mapping[str, tuple[type, torch.dtype]] = {
    "bool": (bool, torch.bool),
    "int": (int, torch.int64),
    "float": (float, torch.float64),
}
_NONE = "none"
_LIST = "list"
"""A list is its length under its name, and its items under `name/0`, `name/1` …"""


def flattened(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield what a value is saved as.

    >>> dict(flattened("a/steps", [2, None]))
    {'a/steps:list': tensor(2), 'a/steps/0:int': tensor(2), 'a/steps/1:none': tensor(0)}
    """
    if isinstance(value, Tensor):
        yield name, value
    elif value is None:
        yield f"{name}:{_NONE}", _number(0, torch.int64)
    elif isinstance(value, list | tuple):
        yield f"{name}:{_LIST}", _number(len(value), torch.int64)
        for place, item in enumerate(value):
            yield from flattened(f"{name}/{place}", item)
    else:
        kind = type(value).__name__
        yield f"{name}:{kind}", _number(value, _NUMBERS[kind][1])


def restored(name: str, saved: Mapping[str, Tensor], like: Tensor) -> Any:
    """Return a value from what it was saved as.

    Args:
        name: as it was given to `flattened`.
        saved: all tensors, by name.
        like: the parameter; a tensor of its shape gets its memory format and device.

    Raises: SnapshotError if there is no such value.
    """
    if name in saved:
        return _copied(saved[name], like)
    if f"{name}:{_NONE}" in saved:
        return None
    if f"{name}:{_LIST}" in saved:
        length = int(saved[f"{name}:{_LIST}"])
        return [restored(f"{name}/{place}", saved, like) for place in range(length)]
    for kind, (number, _) in _NUMBERS.items():
        if f"{name}:{kind}" in saved:
            return number(saved[f"{name}:{kind}"].item())
    raise SnapshotError(f"the optimizer state has no {name}")


def keys_below(prefix: str, saved: Mapping[str, Tensor]) -> list[str]:
    """Return the names of the values one level below a prefix that ends in a slash."""
    found = (name.removeprefix(prefix) for name in saved if name.startswith(prefix))
    return list(dict.fromkeys(name.partition("/")[0].partition(":")[0] for name in found))


def _number(value: float, dtype: torch.dtype) -> Tensor:
    return torch.tensor(value, dtype=dtype, device="cpu")


def _copied(saved: Tensor, like: Tensor) -> Tensor:
    """A number that torch keeps as a tensor, such as `step`, stays where it was saved: on the CPU,
    except in the fused kernels of a GPU, which move it."""
    if saved.shape != like.shape:
        return saved.clone().to(like.device) if saved.dim() else saved.clone()
    return torch.empty_like(like, dtype=saved.dtype).copy_(saved)
