"""Input: blobs that are fed from outside, declared as a layer in Caffe's manner."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Arity, Blob, DTypeName, LayerType, Setting
from protonet.layers.shapes import Shape, Shapes
from protonet.records import Record


class InputParams(Record):
    """What is fed, taken literally: the first axis is whatever the shape says."""

    shape: Shapes
    """Sizes of the axes, the batch axis included: one shape for all tops, or a list of shapes with
    one per top. Caffe's {dim: [...]} is a shape too."""
    dtype: DTypeName = "float32"
    """Element type; int64 for class labels."""

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shape of every top, or the one that all have."""
        return self.shape


def build(params: InputParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Refuse: whoever wires a net takes an Input layer for the inputs that it declares.

    Tops: any number, of the shapes given.
    Raises: ShapeError.
    Source: Caffe, input_layer.cpp.
    """
    raise ShapeError("an Input layer is not built", "its tops are inputs of the net")


INPUT = LayerType(
    name="Input",
    params=InputParams,
    build=build,
    bottoms=Arity(0, 0),
    tops=Arity(1, None),
    exclusions=MappingProxyType({"run": "it stands for inputs of the net and is never built"}),
)
