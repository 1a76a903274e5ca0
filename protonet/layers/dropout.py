"""Dropout: random zeros while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Fraction, Record


class DropoutParams(Record):
    """How much is dropped."""

    dropout_ratio: Annotated[Fraction, Field(lt=1)] = 0.5
    """Probability that a number is set to 0 while training, from 0 to below 1."""


def build(params: DropoutParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Set each number to 0 with a probability, and scale the others up by 1 / (1 - dropout_ratio).

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom; the bottom itself outside phase train.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, dropout_layer.cpp: scaling happens in training, so that testing needs none.
    """
    check_floating(bottoms)
    return nn.Dropout(params.dropout_ratio) if setting.phase == "train" else nn.Identity()


DROPOUT = LayerType(name="Dropout", params=DropoutParams, build=build, infer=same_as_first)
