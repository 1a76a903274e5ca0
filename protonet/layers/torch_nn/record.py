"""A class of torch.nn as a layer type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from torch import nn

from protonet.layers.record import Blob, Build, LayerType, Setting
from protonet.layers.torch_nn import classes, losses, recurrent
from protonet.layers.torch_nn.exclusions import EXCLUSIONS
from protonet.layers.torch_nn.follows import check_rank, filled
from protonet.layers.torch_nn.modules import Recipe, first_values, setting_of
from protonet.layers.torch_nn.params import TorchParams, frozen, params_of, sentence
from protonet.layers.torch_nn.refusals import check_arguments
from protonet.layers.torch_nn.work import work

PREFIX = "nn."
"""What the name of such a type begins with."""


@cache
def torch_type(name: str) -> LayerType:
    """Return the layer type of a class of torch.nn.

    Args:
        name: of the class, without the prefix, one of `classes.USABLE`.
    """
    is_loss = classes.is_loss(name)
    return LayerType(
        name=PREFIX + name,
        params=params_of(name),
        build=_builder(name),
        bottoms=classes.bottoms(name),
        tops=classes.tops(name),
        parameters=classes.parameters(name),
        start=first_values,
        kind="loss" if is_loss else "layer",
        measures=1 if is_loss else None,
        targets=classes.targets(name) if is_loss else (),
        index_targets=name in _CLASSIFIERS,
        multiply_adds=work(name),
        infer=_scalar_first if name in _UNSHAPED else None,
        freeze=frozen if name.startswith(classes.STATISTICS) else _same,
        exclusions=EXCLUSIONS.get(name, MappingProxyType({})),
    )


_CLASSIFIERS = losses.INDICES - {"MultiLabelMarginLoss", "CTCLoss"}
"""Losses with one class index per sample or position."""

_UNSHAPED = frozenset({"AdaptiveLogSoftmaxWithLoss", "CTCLoss", "GaussianNLLLoss"})
"""Losses that torch cannot run without values."""


def _scalar_first(params: Any, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    dtype, labels = bottoms[0].dtype, bottoms[1].shape
    return (Blob((), dtype), Blob(labels, dtype))[: setting.tops]


def _same(params: Any) -> Any:
    return params


def _builder(name: str) -> Build:
    takes_dtype = _takes_dtype(name)

    def build(params: TorchParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
        check_rank(name, bottoms)
        recurrent.check_state(name, bottoms)
        given = params.arguments()
        if "num_layers" in given:
            recurrent.check_layers(given["num_layers"])
        arguments = {key: filled(key, value, bottoms) for key, value in given.items()}
        arguments |= setting_of(name, setting)
        check_arguments(name, arguments, bottoms)
        if takes_dtype and bottoms[0].dtype.is_floating_point:
            arguments["dtype"] = bottoms[0].dtype
        return Recipe(name, arguments, setting.tops, params.held).make()

    names, least = classes.bottom_names(name)
    extra = f", and on request {', '.join(names[least:])}" if names[least:] else ""
    build.__doc__ = (
        f"{sentence(name)}\n\nBottoms: {', '.join(names[:least])}{extra}.\n"
        f"Source: torch.nn.{name}, whose own first values the parameters get."
    )
    return build


def _takes_dtype(name: str) -> bool:
    own = getattr(nn, name) if name not in ("RNN", "LSTM", "GRU") else nn.RNNBase
    return "dtype" in own.__init__.__annotations__ or "dtype" in own.__init__.__code__.co_varnames
