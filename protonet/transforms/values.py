"""Numbers per channel, as they are written in YAML and as they stand in a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BeforeValidator

from protonet.errors import DataError, ShapeError
from protonet.records import custom_error
from protonet.transforms.record import Shape, shown

Numbers = tuple[float, ...]
FROM_DATASET: Literal["dataset"] = "dataset"


def _numbers(written: object) -> Numbers:
    """Read one number, or a list with one for each channel."""
    values = written if isinstance(written, list | tuple) else [written]
    if not values or not all(_is_number(value) for value in values):
        raise custom_error(
            "PN010",
            "a number is needed, or a list with one for each channel",
            "for example 128 or [104, 117, 123]",
        )
    return tuple(float(value) for value in values)


def _numbers_or_dataset(written: object) -> Numbers | str:
    if isinstance(written, str):
        if written == FROM_DATASET:
            return written
        raise custom_error(
            "PN010",
            "a number is needed, a list with one for each channel, or dataset",
            "for example dataset",
        )
    return _numbers(written)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


PerChannel = Annotated[Any, BeforeValidator(_numbers)]
"""One number for all channels, or a list with one for each."""
PerChannelOrDataset = Annotated[Any, BeforeValidator(_numbers_or_dataset)]
"""The same, or the word `dataset`: what the header of the training set says."""


def filled_in(
    written: Numbers | str | None, header: tuple[float, ...] | None, what: str
) -> Numbers | None:
    """Return the numbers, with `dataset` replaced by the header's.

    Raises: DataError if the header has none.
    """
    if written is None or isinstance(written, tuple):
        return written
    if header is None:
        raise DataError(
            f"{what}: dataset: the training set's header holds no {what}; give the numbers, "
            "or convert the data again"
        )
    return header


def per_channel(values: Numbers, shape: Shape, what: str) -> npt.NDArray[np.float32]:
    """Return the values so that they stand before the channels of a sample: (1,) or (C, 1, …).

    Raises: ShapeError if their number is neither 1 nor C.
    """
    channels = shape[0] if shape else 1
    if len(values) not in (1, channels):
        numbers = "1" if channels == 1 else f"1 or {channels}"
        raise ShapeError(
            f"{what} has {len(values)} values, and samples of the shape {shown(shape)} have "
            f"{channels} channel{'' if channels == 1 else 's'}",
            f"give {numbers}",
        )
    array = np.asarray(values, dtype=np.float32)
    return array if len(values) == 1 else array.reshape(-1, *[1] * (len(shape) - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """Numbers that stay the same from batch to batch, copied to each device once."""

    values: npt.NDArray[np.float32]
    _copies: dict[torch.device, torch.Tensor] = field(default_factory=dict, repr=False)

    def on(self, device: torch.device) -> torch.Tensor | float:
        """Return the numbers on a device; a single one as it is, which is passed to the kernel."""
        if self.values.size == 1:
            return float(self.values.reshape(()))
        if device not in self._copies:
            self._copies[device] = torch.from_numpy(self.values).to(device)
        return self._copies[device]
