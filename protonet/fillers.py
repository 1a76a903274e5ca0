"""How parameters start: Caffe's seven fillers, each a frozen record of its keys and a pure rule.

In YAML a filler is a bare name (`xavier`) or a map (`{type: gaussian, std: 0.01}`), `constant`
where the map names no type. `fill_` draws on the CPU in float32, so that a seed gives the same
weights on every device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from protonet.errors import ShapeError
from protonet.records import Number, Positive, Record, catalogue, custom_error, suggestion

VarianceNorm = Literal["FAN_IN", "FAN_OUT", "AVERAGE"]


class Constant(Record):
    """Every element is the same."""

    value: Number = 0.0
    """The number that every element gets."""


class Uniform(Record):
    """Evenly spread between two numbers."""

    min: Number = 0.0
    """Smallest value."""
    max: Number = 1.0
    """Largest value."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise custom_error("PN013", f"min {self.min:g} is above max {self.max:g}")
        return self


class Gaussian(Record):
    """A normal distribution, on a random part of the elements where `sparse` is given."""

    mean: Number = 0.0
    """Centre of the distribution."""
    std: Positive = 1.0
    """Standard deviation."""
    sparse: Annotated[int, Field(strict=True, ge=-1)] = -1
    """Expected number of non-zero inputs per output: an element stays non-zero with the probability
    sparse / (length of the first axis). -1: all do."""


class FanIn(Record):
    """A spread that follows from the number of connections."""

    variance_norm: VarianceNorm = "FAN_IN"
    """What the spread is divided by: elements per index of the first axis (FAN_IN), of the second
    axis (FAN_OUT), or the mean of both (AVERAGE)."""


class NoKeys(Record):
    """A filler without keys of its own."""


@dataclass(frozen=True, slots=True)
class FillerType:
    """One filler: its name, the model of its keys, and `fill(tensor, params, generator)`.

    `fill` writes a contiguous float32 tensor of the CPU in place.
    """

    name: str
    params: type[Record]
    fill: Callable[[torch.Tensor, Any, torch.Generator], object]


def _fill_uniform(tensor: torch.Tensor, params: Uniform, generator: torch.Generator) -> None:
    tensor.uniform_(params.min, params.max, generator=generator)


def _fill_gaussian(tensor: torch.Tensor, params: Gaussian, generator: torch.Generator) -> None:
    _normal(tensor, params.mean, params.std, generator)
    if params.sparse < 0:
        return
    outputs = _outputs(tensor)
    if params.sparse > outputs:
        raise ShapeError(
            f"gaussian filler: sparse {params.sparse} is above the {outputs} outputs of a parameter"
            f" of shape {tuple(tensor.shape)}"
        )
    kept = torch.empty_like(tensor).bernoulli_(params.sparse / outputs, generator=generator)
    tensor.mul_(kept)


def _fill_unitball(tensor: torch.Tensor, params: NoKeys, generator: torch.Generator) -> None:
    rows = tensor.uniform_(0, 1, generator=generator).view(_outputs(tensor), -1)
    rows.div_(rows.sum(1, keepdim=True))


def _fill_xavier(tensor: torch.Tensor, params: FanIn, generator: torch.Generator) -> None:
    bound = math.sqrt(3 / _fan(tensor, params.variance_norm))
    tensor.uniform_(-bound, bound, generator=generator)


def _fill_msra(tensor: torch.Tensor, params: FanIn, generator: torch.Generator) -> None:
    _normal(tensor, 0, math.sqrt(2 / _fan(tensor, params.variance_norm)), generator)


def _fill_bilinear(tensor: torch.Tensor, params: NoKeys, generator: torch.Generator) -> None:
    if tensor.dim() != 4 or tensor.shape[2] != tensor.shape[3]:
        raise ShapeError(
            f"bilinear filler: the shape {tuple(tensor.shape)} is not that of square 2-d filters",
            "use it on a Convolution or Deconvolution with one kernel_size",
        )
    side = tensor.shape[3]
    factor = (side + 1) // 2
    centre = (side - 1) / (2 * factor)
    line = 1 - (torch.arange(side, dtype=torch.float64, device="cpu") / factor - centre).abs()
    tensor.copy_(torch.outer(line, line))


def _normal(tensor: torch.Tensor, mean: float, std: float, generator: torch.Generator) -> None:
    if not tensor.is_meta:  # where nothing is drawn, torch would import its compiler first
        tensor.normal_(mean, std, generator=generator)


def _outputs(tensor: torch.Tensor) -> int:
    """Return the length of the first axis, Caffe's number of outputs."""
    if tensor.dim() == 0:
        raise ShapeError(
            "this filler needs at least one axis, the parameter is a single number",
            "use constant, uniform or gaussian without sparse",
        )
    return tensor.shape[0]


def _fan(tensor: torch.Tensor, norm: VarianceNorm) -> float:
    fan_in = tensor.numel() / _outputs(tensor)
    fan_out = tensor.numel() / tensor.shape[1] if tensor.dim() > 1 else tensor.numel()
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}[norm]


FILLERS = catalogue(
    [
        FillerType("bilinear", NoKeys, _fill_bilinear),
        FillerType("constant", Constant, lambda tensor, params, _: tensor.fill_(params.value)),
        FillerType("gaussian", Gaussian, _fill_gaussian),
        FillerType("msra", FanIn, _fill_msra),
        FillerType("positive_unitball", NoKeys, _fill_unitball),
        FillerType("uniform", Uniform, _fill_uniform),
        FillerType("xavier", FanIn, _fill_xavier),
    ]
)
"""Every filler by name. Source: Caffe, filler.hpp."""


@dataclass(frozen=True, slots=True)
class Filler:
    """A filler as a value, to annotate a key with: `weight_filler: Filler = constant(0)`.

    Attributes:
        type: a name of `FILLERS`.
        params: the filler's own keys.
    """

    type: str
    params: Record

    def plain(self) -> dict[str, Any]:
        """Return the filler as the map a user would write, every key spelt out."""
        return {"type": self.type, **self.params.model_dump()}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Tell pydantic to read with `parse` and to write with `plain`."""
        return core_schema.no_info_plain_validator_function(
            parse, serialization=core_schema.plain_serializer_function_ser_schema(cls.plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe both spellings, for editors."""
        maps = []
        for name, kind in FILLERS.items():
            described = kind.params.model_json_schema()
            keys = {"type": {"const": name}, **described.get("properties", {})}
            maps.append({**described, "properties": keys})
        return {"anyOf": [{"enum": sorted(FILLERS)}, *maps]}


def constant(value: float) -> Filler:
    """Return the filler that gives every element this value."""
    return Filler("constant", Constant(value=value))


def parse(written: object) -> Filler:
    """Return the filler for what stands in YAML: a name, or a map with the filler's keys.

    Raises: pydantic's ValidationError or PydanticCustomError, which a model that has a field of the
        type Filler turns into its own, at the right path.
    """
    if isinstance(written, Filler):
        return written
    if isinstance(written, str):
        return _of_type(written, {}, ())
    if isinstance(written, Mapping):
        keys = {key: value for key, value in written.items() if key != "type"}
        return _of_type(written.get("type", "constant"), keys, ("type",))
    hint = "for example xavier or {type: gaussian, std: 0.01}"
    raise custom_error("PN010", "a filler is a name or a map", hint)


def _of_type(name: object, keys: Mapping[str, object], where: tuple[str, ...]) -> Filler:
    if not isinstance(name, str) or name not in FILLERS:
        why = custom_error("PN014", "unknown filler", suggestion(name, FILLERS))
        problem = InitErrorDetails(type=why, loc=where, input=name)
        raise ValidationError.from_exception_data("Filler", [problem])
    return Filler(name, FILLERS[name].params.model_validate(keys))


def fill_(tensor: torch.Tensor, filler: Filler, generator: torch.Generator) -> None:
    """Fill a tensor of any shape, dtype and device in place.

    Args:
        tensor: what to fill; autograd does not notice.
        filler: the rule.
        generator: of the CPU; the numbers drawn depend on it and the shape alone.

    On the meta device nothing is drawn or allocated, and what cannot be filled is refused alike.

    Raises: ShapeError if the filler is not defined for the shape.
    """
    device = "meta" if tensor.is_meta else "cpu"
    values = torch.empty(tensor.shape, dtype=torch.float32, device=device)
    FILLERS[filler.type].fill(values, filler.params, generator)
    with torch.no_grad():
        tensor.copy_(values)
