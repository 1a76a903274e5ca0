"""Transforms as they are run on a set: read, built, the host's part, then the device's."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from protonet.transforms import Context, Pipeline, build_pipeline, read_transform
from protonet.transforms.record import Array, Positions

_READER: TypeAdapter[Any] = TypeAdapter(Annotated[Any, BeforeValidator(read_transform)])


def pixels(*shape: int) -> Array:
    """Return stored images, (N, C, H, W), in which every pixel differs from its neighbours."""
    return (np.arange(np.prod(shape)) * 7 % 251).astype(np.uint8).reshape(shape)


def floats(values: object) -> npt.NDArray[np.float32]:
    """Return numbers as float32."""
    return np.array(values, np.float32)


def built(written: object, shape: tuple[int, ...], **known: Any) -> Pipeline:
    """Return the pipeline of what stands under `transform`."""
    return build_pipeline(read_transform(written), Context(shape=shape, **known))


def through(pipeline: Pipeline, images: Array, positions: Positions | None = None) -> Array:
    """Return what the net gets of a batch, having made sure that the batch itself stays."""
    before = images.copy()
    where = np.arange(len(images)) if positions is None else positions
    given = torch.from_numpy(pipeline.host(images, where))
    result = pipeline.device(given, where)
    assert np.array_equal(images, before)
    assert result.dtype == torch.float32
    assert tuple(result.shape[1:]) == pipeline.shape
    return result.numpy()


def run(written: object, images: Array, positions: Positions | None = None, **known: Any) -> Array:
    """Return what the net gets of a batch."""
    return through(built(written, images.shape[1:], **known), images, positions)


def refusals(written: object) -> list[str]:
    """Return what is said of something that cannot be read: `path: why (hint)`, one per problem."""
    try:
        _READER.validate_python(written)
    except ValidationError as error:
        return [_line(problem) for problem in error.errors(include_url=False)]
    return []


def _line(problem: Any) -> str:
    place = ".".join(map(str, problem["loc"]))
    hint = problem.get("ctx", {}).get("hint", "")
    return f"{place}: {problem['msg']}" + (f" ({hint})" if hint else "")
