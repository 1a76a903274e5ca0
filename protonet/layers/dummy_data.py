"""DummyData: made-up blobs, from fillers instead of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Any, Self, TypeVar

import torch
from pydantic import BeforeValidator, GetJsonSchemaHandler, PlainSerializer, model_validator
from pydantic_core import CoreSchema
from torch import nn

from protonet.errors import ShapeError
from protonet.fillers import Constant, Filler, constant, fill_
from protonet.layers.from_nothing import FromNothing
from protonet.layers.record import SOME, Arity, Blob, DTypeName, LayerType, Setting
from protonet.layers.shapes import Shape, Shapes
from protonet.records import Count, Record, custom_error


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _plain(fillers: tuple[Filler, ...]) -> list[dict[str, Any]]:
    return [filler.plain() for filler in fillers]


class _OrBare:
    """Tells editors that a list of one needs no brackets."""

    @staticmethod
    def __get_pydantic_json_schema__(
        schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


Counts = Annotated[tuple[Count, ...], BeforeValidator(_listed), _OrBare]
"""One number for all tops, or one for each."""
Fillers = Annotated[tuple[Filler, ...], BeforeValidator(_listed), PlainSerializer(_plain), _OrBare]
"""One filler for all tops, or one for each."""
Each = TypeVar("Each")

_SIDES = ("num", "channels", "height", "width")


class DummyDataParams(Record):
    """The shapes of the tops, and what is in them."""

    data_filler: Fillers = (constant(0),)
    """What fills the tops: one filler for all, or one for each. All but a constant one draw anew in
    every iteration."""
    shape: Shapes | None = None
    """Sizes of the axes, the batch axis included: one shape for all tops, or a list of shapes with
    one per top. Caffe's {dim: [...]} is a shape too."""
    num: Counts = ()
    """Caffe's older words for the shape (N, C, H, W), instead of it: N, one for all tops or one for
    each."""
    channels: Counts = ()
    """C, beside `num`."""
    height: Counts = ()
    """H, beside `num`."""
    width: Counts = ()
    """W, beside `num`."""
    dtype: DTypeName = "float32"
    """Element type of every top; int64 for class labels."""

    @model_validator(mode="after")
    def _one_word_for_the_shape(self) -> Self:
        given = [key for key in _SIDES if getattr(self, key)]
        if self.shape is not None and given:
            why = f"shape and {', '.join(given)} say the same thing"
            raise custom_error("PN015", why, "keep shape")
        if self.shape is None and given != [*_SIDES]:
            missing = [key for key in _SIDES if key not in given] if given else ["shape"]
            verb = "is" if len(missing) == 1 else "are"
            raise custom_error("PN011", f"{', '.join(missing)} {verb} missing", "shape: [64, 10]")
        if len({len(getattr(self, key)) for key in given}) > 1:
            counts = ", ".join(f"{len(getattr(self, key))} {key}" for key in given)
            raise custom_error("PN013", f"{counts}: not equally many", "one shape has one of each")
        return self

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shape of every top, or the one that all have."""
        if self.shape is not None:
            return self.shape
        return tuple(zip(*(getattr(self, key) for key in _SIDES), strict=True))


class DummyData(FromNothing):
    """Makes blobs up. Those that are drawn are the same on every device.

    Args:
        blobs: their shapes and types.
        fillers: one for each.
    """

    def __init__(self, blobs: Sequence[Blob], fillers: Sequence[Filler]) -> None:
        super().__init__()
        self.blobs, self.fillers = tuple(blobs), tuple(fillers)

    def forward(self) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the tops; what is drawn comes from torch's own generator of the CPU."""
        pairs = zip(self.blobs, self.fillers, strict=True)
        tops = tuple(self._filled(blob, filler) for blob, filler in pairs)
        return tops if len(tops) != 1 else tops[0]

    def _filled(self, blob: Blob, filler: Filler) -> torch.Tensor:
        if isinstance(filler.params, Constant):  # nothing is drawn, nor copied from the CPU
            value = filler.params.value
            return torch.full(blob.shape, value, dtype=blob.dtype, device=self.device)
        tensor = torch.empty(blob.shape, dtype=blob.dtype, device=self.device)
        fill_(tensor, filler, torch.default_generator)
        return tensor


def build(params: DummyDataParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Make blobs up by fillers, in every phase.

    Tops: any number, of the shapes given.
    Raises: ShapeError if there are not as many shapes or fillers as tops, or a filler is not
        defined for a shape.
    Source: Caffe, dummy_data_layer.cpp.
    """
    fillers = _for_each_top("fillers", params.data_filler, setting.tops)
    blobs = infer(params, bottoms, setting)
    for blob, filler in zip(blobs, fillers, strict=True):
        fill_(torch.empty(blob.shape), filler, torch.Generator())  # a filler may refuse a shape
    return DummyData(blobs, fillers)


def infer(params: DummyDataParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the shapes given."""
    shapes = _for_each_top("shapes", params.shapes(), setting.tops)
    return tuple(Blob(shape, getattr(torch, params.dtype)) for shape in shapes)


def _for_each_top(noun: str, given: tuple[Each, ...], tops: int) -> tuple[Each, ...]:
    """Return one of what is given for each top."""
    if len(given) == 1:
        return given * tops
    if len(given) != tops:
        why = f"{len(given)} {noun} for {tops} top{'' if tops == 1 else 's'}"
        raise ShapeError(why, "give one for each top, or one for all")
    return given


DUMMY_DATA = LayerType(
    name="DummyData",
    params=DummyDataParams,
    build=build,
    bottoms=Arity(0, 0),
    tops=SOME,
    infer=infer,
    exclusions=MappingProxyType({"gradient": "made-up numbers have none"}),
)
