"""How samples are prepared for a net of which nothing says it, as Caffe's deploy.prototxt are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from protonet.errors import ShapeError, SpecError, UsageError
from protonet.net import Net
from protonet.problems import SourceText
from protonet.records import ChannelOrder
from protonet.run.output import Output
from protonet.schema import Spec
from protonet.snapshot import Evaluation, Stored
from protonet.source.yaml_text import read_yaml
from protonet.transforms import Context, build_pipeline, read_transform

_OPTION = "--transform"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What the command line says of preparing samples.

    Attributes:
        transform: as it would stand in a spec, YAML; None: pixels as they are, 0 to 255.
        channels: order that the net expects; None: what its input says, else RGB.
    """

    transform: str | None = None
    channels: ChannelOrder | None = None


def by_hand(spec: Spec, net: Net, said: ByHand, output: Output) -> Evaluation:
    """Return how samples are prepared for a net with one input.

    Args:
        spec: of the net.
        net: in phase deploy.
        said: on the command line.
        output: shows what is done, where nothing was said.

    Raises: UsageError if the transform is none, or cannot make what the net takes.
    """
    blob, wanted = next(iter(net.input_specs.items()))
    shape = tuple(axis for axis in wanted.axes()[1:] if isinstance(axis, int))
    channels = said.channels or wanted.channels or ("gray" if shape[:1] == (1,) else "RGB")
    if said.transform is None:
        output.line(
            f"{spec.origin.name} does not say how samples are prepared: the net is fed pixels as "
            f"they are, 0 to 255, {channels}; say it with {_OPTION} and --channels"
        )
        stored = Stored(shape=shape)
        return Evaluation(input=blob, shape=shape, transform=(), channels=channels, stored=stored)
    steps = _described(said.transform, shape, channels)
    return Evaluation(input=blob, shape=shape, transform=tuple(steps), channels=channels)


def _described(text: str, shape: tuple[int, ...], channels: ChannelOrder) -> list[dict[str, Any]]:
    context = Context(shape=shape, channels=channels, folder=Path.cwd())
    try:
        data = read_yaml(text, SourceText(_OPTION, tuple(text.splitlines()))).data
        return build_pipeline(read_transform(data), context).describe()
    except SpecError as error:
        raise UsageError(f"{_OPTION}: {error.problems[0].why}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"{step}: " for step in first["loc"])
        raise UsageError(_hinted(place + first["msg"], first.get("ctx", {}))) from error
    except PydanticCustomError as error:
        raise UsageError(_hinted(error.message(), error.context or {})) from error
    except ShapeError as error:
        raise UsageError(_hinted(error.why, {"hint": error.hint})) from error


def _hinted(why: str, context: dict[str, Any]) -> str:
    hint = context.get("hint")
    return f"{_OPTION}: {why}; {hint}" if hint else f"{_OPTION}: {why}"
