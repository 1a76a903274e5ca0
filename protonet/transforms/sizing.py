"""Images of different sizes become alike: the first transforms of a list, on one image at a time.

Everything that a transform draws depends on an image's position alone, and what it makes of that on
the image's size: so the transforms of a list are built once for each size that is met, and images
of different sizes get what they would get in a batch of their own size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile

from protonet.errors import ShapeError
from protonet.transforms.caffe import CaffeTransform, steps_of
from protonet.transforms.pipeline import Pipeline, build_pipeline
from protonet.transforms.record import Context, HostFunction, Shape, Step, StepError
from protonet.windows.plain import InARow
from protonet.windows.sizing import Sizing

_LARGER = ((0, 0), (64, 0), (0, 64), (64, 64))
"""Rows and columns more than the first image has, of those that it is compared with."""
_SIZES = 4096
"""Whose transforms are kept ready."""


def rest_of(sizing: Sizing, pipeline: Pipeline) -> Pipeline:
    """Return what a list does to images that are alike.

    Args:
        sizing: what makes them so.
        pipeline: the whole list, for images of any size.
    """
    return replace(pipeline, on_host=pipeline.on_host[sizing.count :])


def build_sizing(
    transform: CaffeTransform | Sequence[Step], context: Context, size: tuple[int, int]
) -> Sizing:
    """Return what makes images of different sizes alike.

    Args:
        transform: what `read_transform` gave.
        context: what is known of the samples before the first transform, with the shape of one.
        size: height and width that they should have, for the hint of an error.

    Raises: ShapeError or StepError if images stay different, or are when they become a batch;
        StepError if a transform cannot work on the one.
    """
    channels, rows, columns = context.shape
    compared = [
        build_pipeline(
            transform, replace(context, shape=(channels, rows + more_rows, columns + more_columns))
        )
        for more_rows, more_columns in _LARGER
    ]
    first = compared[0]
    scaling = scaled_sizing(transform, context, first)
    if scaling is not None:
        return scaling
    count = _alike_after(compared)
    if count is None:
        raise ShapeError(*_still_different(size))
    if count > len(first.on_host):
        raise _too_late(transform, context, count - 1, len(first.on_host))
    shape = first.on_host[count - 1].shape
    return Sizing(shape, count, _hosts(transform, context, count))


def scaled_sizing(
    transform: CaffeTransform | Sequence[Step], context: Context, pipeline: Pipeline
) -> Sizing | None:
    """Return what makes images alike where the first transform scales windows of them, and those
    after it that cut and turn as well; None where it does not.

    Args:
        transform, context: as for `build_sizing`.
        pipeline: made of them.
    """
    if not pipeline.on_host or pipeline.on_host[0].scaled is None:
        return None
    first, *others = pipeline.on_host
    cutting = list(takewhile(lambda each: each.windows is not None, others))
    functions = tuple(each.windows for each in cutting if each.windows is not None)
    count = 1 + len(cutting)
    return Sizing(
        shape=[first, *cutting][-1].shape,
        count=count,
        host=_hosts(transform, context, count),
        scaled=first.scaled,
        windows=InARow(first.shape, functions) if functions else None,
    )


def _hosts(
    transform: CaffeTransform | Sequence[Step], context: Context, count: int
) -> Callable[[Shape], HostFunction]:
    """Return what gives the first transforms for images of a shape.

    It raises StepError if one cannot work on them.
    """

    @lru_cache(_SIZES)
    def host(shape: Shape) -> HostFunction:
        built = build_pipeline(transform, replace(context, shape=shape))
        return replace(built, on_host=built.on_host[:count]).host

    return host


def _alike_after(compared: Sequence[Pipeline]) -> int | None:
    """Return after how many transforms images of different sizes are alike; None where never."""
    each = [(*one.on_host, *one.on_device) for one in compared]
    for number, same in enumerate(zip(*each, strict=True)):
        if len({made.shape for made in same}) == 1:
            return number + 1
    return None


def _still_different(size: tuple[int, int]) -> tuple[str, str]:
    short, sides = min(size), list(size)
    return (
        "the images have different sizes, and a batch has one",
        f"{{type: RandomResizedCrop, size: {sides}}} makes one of them, and so do {{type: Resize, "
        f"short: {short}}} and after it {{type: CenterCrop, size: {sides}}}",
    )


def _too_late(
    transform: CaffeTransform | Sequence[Step], context: Context, makes: int, batches: int
) -> StepError:
    steps = steps_of(transform, context) if isinstance(transform, CaffeTransform) else transform
    name, early = steps[makes].kind.name, steps[batches]
    place = early.key or f"transform {batches + 1} ({early.kind.name})"
    return StepError(
        early.key or batches,
        f"{place} works on batches, and the images have different sizes until {name}",
        f"put {name} before it",
    )
