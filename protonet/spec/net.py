"""The net section of a spec: inputs, defaults by type, layers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from protonet.language import Plan, plain_plan
from protonet.layers import LAYERS
from protonet.layers.record import DTypeName, LayerType
from protonet.records import ChannelOrder, Flag, Integer, Record, Text, custom_error
from protonet.spec.defaults import default_lines, with_defaults, without_contradictions
from protonet.spec.keys import lines_of, refused
from protonet.spec.layer import LayerSpec
from protonet.spec.presence import presences
from protonet.spec.state import Names, Presence, State, exists_in

BATCH = "N"
"""Name of the batch axis in a shape."""


def _axis(value: object) -> object:
    if isinstance(value, str) and value.isidentifier():
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return value
    raise custom_error(
        "PN013",
        "an axis is a whole number from 1 to 2147483647, or a name",
        "[3, 224, 224] or [T, N, 4]",
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
        if isinstance(value, list | tuple):
            return {"shape": value}
        if isinstance(value, Mapping | InputSpec):
            return value
        hint = "[3, 224, 224], or {shape: [3, 224, 224]}"
        raise custom_error("PN010", "a list of sizes or a map is needed", hint)

    def axes(self) -> tuple[int | str, ...]:
        """Return the whole shape, batch axis included."""
        if not self.batch or BATCH in self.shape:
            return self.shape
        return (BATCH, *self.shape)

    def sized(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Return the whole shape with a number for every named axis."""
        return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in self.axes())


class DeploySpec(Record):
    """The deploy net, where it is not the one that is derived."""

    inputs: dict[str, InputSpec] = Field(default_factory=dict)
    """What is fed, by the name of an input or of an inner blob; what only makes it falls away. Left
    out: the inputs of the net that are needed."""
    outputs: Names = ()
    """The blobs that the net gives; left out: those that no layer reads."""


class StateSpec(Record):
    """Level and stages that the rules of `include` and `exclude` are tested against."""

    level: Integer = 0
    """Level of the net."""
    stage: tuple[Text, ...] = ()
    """Stages that are set."""


class Cache(dict[Any, Any]):
    """What follows from a net alone and is kept with it, which makes no net another."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cache)


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
    """Taken from Caffe's nets, and without effect: torch computes the gradient of an input exactly
    when the tensor that is fed asks for it."""
    deploy: DeploySpec | None = None
    """What the deploy net reads and gives, where it is not the derived one."""
    layers: tuple[LayerSpec, ...]
    """The layers, in the order in which they run."""
    _plan: Plan | None = PrivateAttr(default=None)
    _types: Mapping[str, LayerType] = PrivateAttr(default_factory=lambda: LAYERS)
    _presences: Mapping[int, Presence] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _merge_defaults(
        cls, value: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo
    ) -> Any:
        context = info.context or {}
        found, lines = presences(context.get("plan"))
        has_defaults = isinstance(value, Mapping) and isinstance(value.get("defaults"), Mapping)
        lines += default_lines(value["defaults"], context) if has_defaults else ()
        try:
            net = _validated(handler, value, context) if has_defaults else handler(value)
        except ValidationError as error:
            raise refused(*lines_of(error), *lines) from None
        if lines and not context.get("lenient"):
            raise refused(*lines)
        net._presences = found
        return cls._with_plan(net, context)

    @classmethod
    def _with_plan(cls, net: NetSpec, context: Mapping[str, Any]) -> NetSpec:
        net._plan = context.get("plan")
        net._types = context.get("layers", LAYERS)
        return net

    @property
    def plan(self) -> Plan:
        """Return in which order the layers run, and the frames that blocks leave around them."""
        plan = self._plan
        fits = plan is not None and plan.layers == len(self.layers)  # a copy may have others
        return plan if plan is not None and fits else plain_plan(len(self.layers))

    def renames_in(self, frame: int, state: State) -> bool:
        """Return whether a frame around no layer gives blobs other names in a net in this state."""
        presence = self._presences.get(frame)
        return presence is None or exists_in(presence, state)

    @property
    def presences(self) -> Mapping[int, Presence]:
        """Return when frames around no layer give blobs other names, by their places; of those
        that do not in every net."""
        return self._presences

    @cached_property
    def cache(self) -> Cache:
        """Return what is kept with the net (`protonet.spec.kept`); a copy may hold its
        original's."""
        return Cache()

    @property
    def types(self) -> Mapping[str, LayerType]:
        """Return the table of layer types that the net was checked with."""
        return self._types

    def net_state(self, phase: Any, stages: tuple[str, ...] = ()) -> State:
        """Return the state of this net in a phase, with further stages set."""
        return State(phase, self.state.level, frozenset((*self.state.stage, *stages)))


def _validated(
    handler: ModelWrapValidatorHandler[Any], value: Mapping[str, Any], context: Mapping[str, Any]
) -> Any:
    """Validate a net with its defaults; a default gives way to the own keys that it contradicts."""
    try:
        return handler(with_defaults(value))
    except ValidationError as error:
        agreeing = without_contradictions(value, lines_of(error), context)
        if agreeing is None:
            raise
        return handler(agreeing)
