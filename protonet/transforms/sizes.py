"""Sides of images, as they are written in YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from protonet.records import Count, custom_error


def _pair(written: object) -> object:
    """Read the side of a square, or [height, width]."""
    if isinstance(written, list | tuple) and len(written) == 2:
        return tuple(written)
    if isinstance(written, int) and not isinstance(written, bool):
        if written < 1:
            raise custom_error("PN013", "a window has at least 1 pixel on each side")
        return (written, written)
    raise custom_error(
        "PN010", "a whole number is needed, or [height, width]", "for example 28 or [24, 32]"
    )


Sides = Annotated[
    tuple[Count, Count], BeforeValidator(_pair, json_schema_input_type=int | tuple[int, int])
]
"""Side of a square, or [height, width], in pixels."""
