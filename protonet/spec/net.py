"""The net section of a spec: inputs, defaults by type, layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from protonet.records import ChannelOrder, Flag, Integer, Record, Text, custom_error, suggestion
from protonet.spec.layer import LayerSpec, MergedLayer
from protonet.spec.state import State

BATCH = "N"
"""Name of the batch axis in a shape."""
DTypeName = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]


def _axis(value: object) -> object:
    if isinstance(value, str) and value.isidentifier():
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise custom_error(
        "PN013", "an axis is a whole number of at least 1, or a name", "[3, 224, 224] or [T, N, 4]"
    )


Axis = Annotated[int | str, BeforeValidator(_axis)]


class InputSpec(Record):
    """A blob that is fed from outside. `[1, 28, 28]` is short for `{shape: [1, 28, 28]}`."""

    shape: tuple[Axis, ...]
    """Sizes of the axes; the batch axis N goes in front unless the shape names it. Other names are
    axes of any length, the same wherever they stand."""
    dtype: DTypeName = "float32"
    """Element type; int64 for class labels."""
    batch: Flag = True
    """false: the shape is taken literally, batch axis included."""
    channels: ChannelOrder | None = None
    """Order of the channels that the net expects; the reader reorders."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"shape": value} if isinstance(value, list | tuple) else value

    def axes(self) -> tuple[int | str, ...]:
        """Return the whole shape, batch axis included."""
        if not self.batch or BATCH in self.shape:
            return self.shape
        return (BATCH, *self.shape)

    def sized(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Return the whole shape with a number for every named axis."""
        return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in self.axes())


class StateSpec(Record):
    """Level and stages that the rules of `include` and `exclude` are tested against."""

    level: Integer = 0
    """Level of the net."""
    stage: tuple[Text, ...] = ()
    """Stages that are set."""


class NetSpec(Record):
    """A net: what is fed in, and the layers in the order in which they run."""

    name: Text | None = None
    """Name of the net."""
    inputs: dict[str, InputSpec] = Field(default_factory=dict)
    """Blobs fed from outside, by name, in the order of the file."""
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Keys that every layer of a type starts from; a layer's own keys win."""
    state: StateSpec = StateSpec()
    """What the rules of include and exclude are tested against."""
    force_backward: Flag = False
    """Compute the gradient of the inputs too."""
    layers: tuple[LayerSpec, ...]
    """The layers, in the order in which they run."""

    @field_validator("defaults", mode="after")
    @classmethod
    def _known_types(
        cls, defaults: dict[str, dict[str, Any]], info: ValidationInfo
    ) -> dict[str, dict[str, Any]]:
        layers = (info.context or {})["layers"]
        for name in defaults:
            if name not in layers:
                raise custom_error(
                    "PN020",
                    f"defaults for the unknown layer type {name}",
                    suggestion(name, layers, most=8),
                )
        return defaults

    @field_validator("layers", mode="before")
    @classmethod
    def _merge_defaults(cls, value: Any, info: ValidationInfo) -> Any:
        defaults = info.data.get("defaults") or {}
        if not isinstance(value, list | tuple) or not defaults:
            return value
        return [_merged(layer, defaults) for layer in value]

    def net_state(self, phase: Any, stages: tuple[str, ...] = ()) -> State:
        """Return the state of this net in a phase, with further stages set."""
        return State(phase, self.state.level, frozenset((*self.state.stage, *stages)))


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` changed by `over`: maps merge, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = deep_merge(old, value) if both else value  # type: ignore[arg-type]  # both are maps here
    return merged


def _merged(layer: Any, defaults: Mapping[str, Mapping[str, Any]]) -> Any:
    if not isinstance(layer, Mapping) or layer.get("type") not in defaults:
        return layer
    default = dict(defaults[layer["type"]])
    hidden = {"default_param": default.pop("param", {})}
    merged = MergedLayer(deep_merge(default, layer))
    merged.hidden = hidden
    return merged
