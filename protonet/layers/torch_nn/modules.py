"""A class of torch.nn and its arguments → the module of a layer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Setting
from protonet.layers.synchronised import Synchronised
from protonet.layers.torch_nn import attention, classes, losses
from protonet.layers.torch_nn.nested import AdaptiveLoss, LinearLoss
from protonet.layers.torch_nn.recurrent import Recurrent
from protonet.layers.torch_nn.tables import TABLES, Table


class Held:
    """Stands before a normalisation of torch that uses and keeps its stored statistics."""

    def train(self, mode: bool = True) -> Any:
        """Stay as outside training."""
        return super().train(False)  # type: ignore[misc]  # torch's


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a module was made, to make it anew with memory and first values.

    Attributes:
        name: of the class.
        arguments: of its constructor.
        tops: how many are given.
        held: whether its statistics are kept.
    """

    name: str
    arguments: Mapping[str, Any]
    tops: int
    held: bool

    def make(self) -> nn.Module:
        """Return a new module, on torch's present device.

        Raises: ShapeError if torch refuses the arguments.
        """
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "enable_nested_tensor")  # which is no key here
                module = _made(self)
        except (AssertionError, TypeError, ValueError, RuntimeError) as error:
            raise ShapeError(next(iter(str(error).splitlines()), type(error).__name__)) from error
        module.__dict__["recipe"] = self
        return module


def first_values(module: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Return what torch itself would start every parameter and statistic of a layer with.

    Args:
        module: as a recipe made it.
        seed: the numbers drawn depend on it and the arguments alone.
    """
    recipe: Recipe = module.__dict__["recipe"]
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would touch the GPUs' too
    try:
        with torch.device("cpu"):
            real = recipe.make()
    finally:
        torch.set_rng_state(state)
    return {**dict(real.named_parameters()), **dict(real.named_buffers())}


def setting_of(name: str, setting: Setting) -> dict[str, Any]:
    """Return the arguments that follow from what a layer is built for."""
    return {"return_indices": setting.tops > 1} if classes.has_indices(name) else {}


def _made(recipe: Recipe) -> nn.Module:
    name, arguments = recipe.name, _with_tensors(recipe.name, recipe.arguments)
    names, _ = classes.bottom_names(name)
    if name in classes.STACKS:
        return attention.nested(name, attention.stack(name, arguments), names, recipe.tops)
    if name in classes.NESTED:
        return attention.nested(name, getattr(nn, name)(**arguments), names, recipe.tops)
    if name == "AdaptiveLogSoftmaxWithLoss":
        return AdaptiveLoss(getattr(nn, name)(**arguments), names, {}, recipe.tops)
    if name == "LinearCrossEntropyLoss":
        return LinearLoss(getattr(nn, name)(**arguments), names, {}, recipe.tops)
    module = _class(name, recipe.held)(**arguments)
    if name in classes.RECURRENT:
        module.__dict__["tops"] = recipe.tops
    return module


def _with_tensors(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments, the weights of a loss's classes as tensors."""
    weights = ("weight", "pos_weight") if classes.is_loss(name) else ()
    dtype = arguments.get("dtype")
    return {
        key: torch.tensor(value, dtype=dtype) if key in weights and value is not None else value
        for key, value in arguments.items()
    }


@cache
def _class(name: str, held: bool) -> Callable[..., nn.Module]:
    """Return torch's class, behind what changes its bottoms and tops where something has to."""
    kind: type[nn.Module] = getattr(nn, name)
    if classes.is_loss(name):
        own = {"targets": classes.targets(name), "takes_indices": name in losses.INDICES}
        return type(name, (losses.Loss, kind), own)
    if name in classes.RECURRENT:
        return type(name, (Recurrent, kind), {})
    if name in TABLES:
        return type(name, (Table, kind), {})
    if held:
        return type(name, (Held, kind), {})
    return type(name, (Synchronised, kind), {}) if name.startswith("BatchNorm") else kind
