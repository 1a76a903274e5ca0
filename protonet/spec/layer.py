"""One layer of a spec: the keys that every layer has, and those of its type beside them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    SkipValidation,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails

from protonet.layers.record import LayerType
from protonet.records import (
    Flag,
    NonNegative,
    Number,
    Record,
    Text,
    custom_error,
    fields_of,
    restated,
    suggestion,
)
from protonet.spec.state import PHASES, Names, Phase, Phases, Rules, State


class MergedLayer(dict[str, Any]):
    """A layer's keys over its type's defaults, with what only the net may give it.

    Attributes:
        hidden: fields of `LayerSpec` that are no keys of the language.
    """

    hidden: Mapping[str, Any] = MappingProxyType({})


class ParamSpec(Record):
    """How one parameter of a layer learns."""

    name: Text | None = None
    """Parameters of one name are one shared tensor."""
    lr_mult: NonNegative = 1.0
    """Factor on the learning rate; 0 means no gradient is computed."""
    decay_mult: NonNegative = 1.0
    """Factor on the weight decay."""


def _numbers(value: Any) -> Any:
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def _flags(value: Any) -> Any:
    return [value] if isinstance(value, bool) else value


class LayerSpec(Record):
    """One layer. Its type's own keys are checked by the type's own model and kept in `params`."""

    name: Text
    """Name of the layer; its weights are stored under it."""
    type: Text
    """A type of the catalogue."""
    bottom: Names | None = None
    """Blobs it reads; left out: the first top of the nearest fitting layer above."""
    top: Names | None = None
    """Blobs it gives; left out: one blob with the layer's name."""
    phase: Phases | None = None
    """Phases in which the layer exists; left out: all."""
    include: Rules = ()
    """Rules of which one must be met for the layer to exist."""
    exclude: Rules = ()
    """Rules of which none may be met."""
    loss_weight: Annotated[tuple[Number, ...], BeforeValidator(_numbers)] | None = None
    """Weight of each top in what is minimised; left out: 1 for a loss, else 0."""
    param: dict[str, ParamSpec] = Field(default_factory=dict)
    """How each parameter learns, by its name."""
    frozen: Flag = False
    """No gradient for its parameters; BatchNorm uses and keeps its stored statistics."""
    propagate_down: Annotated[tuple[Flag, ...], BeforeValidator(_flags)] | None = None
    """For each bottom, whether gradients pass through to it; left out: to all."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the type itself; None only while errors are being collected."""
    default_param: dict[str, ParamSpec] = Field(default_factory=dict, exclude=True)
    """`param` of the net's defaults for this type; an entry whose parameter does not exist is
    ignored."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(
        cls, value: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo
    ) -> Any:
        if not isinstance(value, Mapping):
            return handler(value)
        context = info.context or {}
        common = {key: item for key, item in value.items() if key in COMMON}
        own = {key: item for key, item in value.items() if key not in COMMON}
        params, lines = _own(common.get("type"), own, context)
        try:
            layer = handler({**common, "params": params, **getattr(value, "hidden", {})})
        except ValidationError as error:
            lines = [*restated(error.errors(include_url=False)), *lines]
            raise ValidationError.from_exception_data(cls.__name__, lines) from None
        if lines and not context.get("lenient"):
            raise ValidationError.from_exception_data(cls.__name__, lines)
        return layer

    @model_validator(mode="after")
    def _check_rules(self) -> LayerSpec:
        if "." in self.name:
            raise custom_error(
                "PN022",
                f"the layer name {self.name} has a dot",
                "dots separate the words of a path; use / or _",
            )
        if self.include and self.exclude:
            raise custom_error(
                "PN015", "include and exclude contradict", "give rules of one kind, as in Caffe"
            )
        if self.phase is not None and (self.include or self.exclude):
            raise custom_error(
                "PN015", "phase and include or exclude say the same thing in two ways", "keep one"
            )
        return self

    def param_spec(self, name: str) -> ParamSpec:
        """Return how the parameter of this name learns: the layer's own keys over the net's
        defaults."""
        own, default = self.param.get(name), self.default_param.get(name)
        if own is None or default is None:
            return own or default or ParamSpec()
        return default.model_copy(update=own.model_dump(exclude_unset=True))

    def exists_in(self, state: State) -> bool:
        """Return whether the layer is part of a net in this state."""
        if self.phase is not None:
            return state.phase in self.phase
        if self.include:
            return any(rule.is_met(state) for rule in self.include)
        return not any(rule.is_met(state) for rule in self.exclude)

    def phases(self, level: int = 0, stages: frozenset[str] = frozenset()) -> tuple[Phase, ...]:
        """Return the phases in which the layer exists."""
        return tuple(phase for phase in PHASES if self.exists_in(State(phase, level, stages)))


COMMON = frozenset(fields_of(LayerSpec)) - {"params", "default_param"}
"""The keys that every layer has."""
RESERVED = {"if": "with blocks", "repeat": "with blocks", "share": "with blocks"}
"""Common keys of DESIGN §4 that later versions run."""


def _own(
    name: Any, own: dict[str, Any], context: Mapping[str, Any]
) -> tuple[Any, list[InitErrorDetails]]:
    """Validate a type's own keys; return its params, or None and what is wrong."""
    lines = [
        InitErrorDetails(
            type=custom_error("PN016", f"{key} comes {RESERVED[key]}; this version has none"),
            loc=(key,),
            input=own[key],
        )
        for key in own.keys() & RESERVED.keys()
    ]
    if not isinstance(name, str):
        return None, lines
    layers: Mapping[str, LayerType] = context["layers"]
    if name not in layers:
        return None, [*lines, _unknown_type(name, layers)]
    own = {key: item for key, item in own.items() if key not in RESERVED}
    try:
        return layers[name].params.model_validate(own, context=dict(context)), lines
    except ValidationError as error:
        known = {*fields_of(layers[name].params), *COMMON}
        return None, [
            *lines,
            *(_with_common(line, known) for line in restated(error.errors(include_url=False))),
        ]


def _unknown_type(name: str, layers: Mapping[str, LayerType]) -> InitErrorDetails:
    return InitErrorDetails(
        type=custom_error("PN020", "unknown layer type", suggestion(name, layers, most=8)),
        loc=("type",),
        input=name,
    )


def _with_common(line: InitErrorDetails, known: set[str]) -> InitErrorDetails:
    """Suggest the common keys too where a type's own model met an unknown one."""
    location = line.get("loc", ())
    if len(location) == 1 and str(location[0]) not in known:
        line["type"] = custom_error("PN012", "unknown key", suggestion(location[0], known, most=30))
    return line
