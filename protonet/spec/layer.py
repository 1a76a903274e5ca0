"""One layer of a spec: the keys that every layer has, and those of its type beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    SkipValidation,
    ValidationError,
    ValidationInfo,
    field_validator,
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
)
from protonet.spec.keys import line, lines_of, refused, respelt
from protonet.spec.misspelt_type import misspelt_type
from protonet.spec.state import (
    PHASES,
    Names,
    Phase,
    Phases,
    Rules,
    State,
    check_conditions,
    exists_in,
)
from protonet.spec.unknown_type import unknown_type


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
    share: Text | None = None
    """Another layer, or instance of the same block, above: its parameters are used, all of them."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the type itself; None only while errors are being collected."""
    default_param: dict[str, ParamSpec] = Field(default_factory=dict, exclude=True)
    """`param` of the net's defaults for this type; an entry whose parameter does not exist is
    ignored."""
    instances: tuple[str, ...] = Field(default=(), exclude=True)
    """The instances of blocks that it lies in, the outermost first."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(
        cls, value: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo
    ) -> Any:
        if not isinstance(value, Mapping):
            return handler(value)
        context = info.context or {}
        blocks = context.get("blocks", ())
        misspelt = misspelt_type(value, COMMON, (context.get("layers", ()), blocks))
        common = {key: item for key, item in value.items() if key in COMMON}
        own = {key: item for key, item in value.items() if key not in COMMON and key != misspelt}
        common |= {} if misspelt is None else {"type": value[misspelt]}
        params, lines = _own(common.get("type"), own, context)
        if misspelt is not None:
            wrong = line("PN012", "unknown key", "did you mean type?", (misspelt,), common["type"])
            lines = [wrong, *(lines if common["type"] not in blocks else ())]
        try:
            layer = handler({**common, "params": params, **getattr(value, "hidden", {})})
        except ValidationError as error:
            raise refused(*lines_of(error), *lines) from None
        if lines and not context.get("lenient"):
            raise refused(*lines)
        return layer

    @field_validator("name")
    @classmethod
    def _no_dot(cls, name: str) -> str:
        if "." in name:
            why = f"the layer name {name} has a dot"
            raise custom_error("PN022", why, "dots separate the words of a path; use / or _")
        return name

    @model_validator(mode="after")
    def _check_conditions(self) -> LayerSpec:
        check_conditions(self)
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
        return exists_in(self, state)

    def phases(self, level: int = 0, stages: frozenset[str] = frozenset()) -> tuple[Phase, ...]:
        """Return the phases in which the layer exists."""
        return tuple(phase for phase in PHASES if self.exists_in(State(phase, level, stages)))


COMMON = frozenset(fields_of(LayerSpec)) - {"params", "default_param", "instances"}
"""The keys that every layer has."""


def _own(
    name: Any, own: dict[str, Any], context: Mapping[str, Any]
) -> tuple[Any, list[InitErrorDetails]]:
    """Validate a type's own keys; return its params, or None and what is wrong."""
    if not isinstance(name, str):
        return None, []
    layers: Mapping[str, LayerType] = context["layers"]
    if name not in layers:
        why, hint = unknown_type(name, (*layers, *context.get("blocks", ())))
        return None, [line("PN020", why, hint, ("type",), name)]
    kind = layers[name]
    try:
        return kind.params.model_validate(own, context=dict(context)), []
    except ValidationError as error:
        return None, respelt(lines_of(error), {*fields_of(kind.params), *COMMON})
