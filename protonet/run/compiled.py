"""A net compiled by torch.compile, and what is said where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from protonet.errors import DataError, DeviceError

Compilation = bool | str
"""Whether to compile, or in which of torch.compile's modes."""

_OUTSIDE = "index out of bounds"
"""What compiled code says of an index; it knows no layers."""


def compiled(module: nn.Module, how: Compilation) -> Callable[..., Any]:
    """Return a module, or what computes the same faster after a first call that takes long.

    The call raises DeviceError where there is no working compiler, and DataError for an index that
    lies outside what it is taken of.
    """
    if how is False:
        return module
    fast = torch.compile(module, mode="default" if how is True else str(how))

    def call(*bottoms: torch.Tensor) -> Any:
        try:
            return fast(*bottoms)
        except torch._dynamo.exc.BackendCompilerFailed as error:
            raise DeviceError(
                f"solver.compile: the net cannot be compiled: {_reason(error)}; a C++ compiler "
                "(g++) is needed on a CPU, triton on a GPU. Train without compile"
            ) from error
        except RuntimeError as error:
            if _OUTSIDE not in str(error):
                raise
            raise DataError(
                "an index or a label lies outside what it is taken of; without solver.compile the "
                "layer and the number are named"
            ) from error

    return call


def _reason(error: Exception) -> str:
    """Return the first line that says something of what went wrong inside."""
    inner = getattr(error, "inner_exception", error)
    lines = [text.strip() for text in str(inner).splitlines()]
    return next((text for text in lines if text), type(inner).__name__)
