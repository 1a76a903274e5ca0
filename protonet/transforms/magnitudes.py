"""How strong an operation is at each of its levels.

Source: Cubuk et al.: AutoAugment, 2018; Cubuk et al.: RandAugment, 2019; Müller, Hutter:
TrivialAugment, 2021; the ranges are those of torchvision, which scales them to the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from protonet.records import custom_error
from protonet.transforms.operations import IDENTITY

Levels = Mapping[str, npt.NDArray[np.float64]]
"""By operation, what it gets at each level."""

_LONGEST = 150 / 331
"""Share of an image's side that the papers shift it by at most: 150 of 331 pixels."""
ENHANCEMENTS = ("Brightness", "Color", "Contrast", "Sharpness")


def usual(count: int, rows: int, columns: int) -> Levels:
    """Return the levels of AutoAugment and RandAugment, for images of this size."""
    return dict(_levels(count, 0.3, (_LONGEST * columns, _LONGEST * rows), (30, 0.9, 4)))


def wide(count: int) -> Levels:
    """Return the wide levels of TrivialAugment; shifts are in pixels, whatever the size."""
    return dict(_levels(count, 0.99, (32, 32), (135, 0.99, 6)))


def _levels(
    count: int, shear: float, shifts: tuple[float, float], others: tuple[float, float, int]
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Yield the levels of each operation but Invert; of a single one, the weakest."""
    angle, enhancement, bits = others
    nothing = np.zeros(count)
    yield IDENTITY, nothing
    for name, most in zip(
        ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", *ENHANCEMENTS),
        (shear, shear, *shifts, angle, *[enhancement] * len(ENHANCEMENTS)),
        strict=True,
    ):
        yield name, np.linspace(0, most, count)
    yield "Posterize", 8 - np.rint(np.linspace(0, bits, count))
    yield "Solarize", np.linspace(255, 0, count)
    yield "AutoContrast", nothing
    yield "Equalize", nothing


def _several(count: int) -> int:
    if count < 2:
        raise custom_error("PN013", "there are at least 2 levels")
    return count


LevelCount: Any = AfterValidator(_several)
"""A number of levels, with `Count`."""
