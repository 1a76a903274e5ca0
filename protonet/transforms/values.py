"""Numbers per channel, as they are written in YAML and as they stand in a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeGuard

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BeforeValidator

from protonet.errors import DataError, ShapeError
from protonet.records import custom_error
from protonet.transforms.record import Shape, shown

Numbers = tuple[float, ...]
Dataset = Literal["dataset"]

LARGEST = float(np.finfo(np.float32).max)
"""What float32, in which all arithmetic is done, can hold."""


def read_numbers(written: object) -> Numbers:
    """Read one number, or a list with one for each channel.

    Raises: PydanticCustomError for anything else.
    """
    values = written if isinstance(written, list | tuple) else [written]
    numbers = [value for value in values if _is_number(value)]
    if not values or len(numbers) != len(values):
        raise custom_error(
            "PN010",
            "a number is needed, or a list with one for each channel",
            "for example 128 or [104, 117, 123]",
        )
    if not all(abs(number) <= LARGEST for number in numbers):  # false of what is no number, too
        raise custom_error("PN013", "a number is infinite, or too large for float32")
    return tuple(float(number) for number in numbers)


def _numbers_or_dataset(written: object) -> Numbers | Dataset:
    if not isinstance(written, str):
        return read_numbers(written)
    if written != "dataset":
        raise custom_error(
            "PN010",
            "a number is needed, a list with one for each channel, or dataset",
            "for example dataset",
        )
    return "dataset"


def _deviations(written: object) -> Numbers | Dataset:
    numbers = _numbers_or_dataset(written)
    if numbers != "dataset" and not all(number > 0 for number in numbers):
        raise custom_error("PN013", "a standard deviation is above 0")
    return numbers


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_Written = float | list[float]

PerChannel = Annotated[Numbers, BeforeValidator(read_numbers, json_schema_input_type=_Written)]
"""One number for all channels, or a list with one for each."""
PerChannelOrDataset = Annotated[
    Numbers | Dataset,
    BeforeValidator(_numbers_or_dataset, json_schema_input_type=_Written | Dataset),
]
"""The same, or the word `dataset`: what the header of the training set says."""
Deviations = Annotated[
    Numbers | Dataset, BeforeValidator(_deviations, json_schema_input_type=_Written | Dataset)
]
"""Standard deviations, written like `PerChannelOrDataset`, each above 0."""


def filled_in(written: Numbers | Dataset, header: Numbers | None, what: str) -> Numbers:
    """Return the numbers, with `dataset` replaced by the header's.

    Raises: DataError if the header has none.
    """
    if written != "dataset":
        return written
    if header is None:
        raise DataError(
            f"{what}: dataset: the training set's header holds no {what}; "
            "give the numbers, or convert the data again"
        )
    return header


def inverted(stds: Numbers, scale: float = 1.0) -> Numbers:
    """Return scale / std of each.

    Raises: DataError if a standard deviation is not above 0, or so small that float32 cannot hold
        the quotient.
    """
    for channel, std in enumerate(stds):
        if not std > 0 or not abs(scale) / LARGEST <= std:
            raise DataError(
                f"std of channel {channel} is {std:g}, and nothing can be divided by it; "
                "subtract the mean only, or give a std above 0"
            )
    return tuple(scale / std for std in stds)


def check_count(values: Numbers, shape: Shape, what: str) -> None:
    """Refuse values that are neither one nor one for each channel.

    Raises: ShapeError.
    """
    channels = shape[0] if shape else 1
    if len(values) not in (1, channels):
        raise ShapeError(
            f"{what} has {len(values)} values, and samples of the shape {shown(shape)} have "
            f"{channels} channel{'' if channels == 1 else 's'}",
            f"give {'1' if channels == 1 else f'1 or {channels}'}",
        )


def per_channel(values: Numbers, shape: Shape, what: str) -> npt.NDArray[np.float32]:
    """Return the values so that they stand before the channels of a sample: (1,) or (C, 1, …).

    Raises: ShapeError if their number is neither 1 nor C.
    """
    check_count(values, shape, what)
    array = np.asarray(values, dtype=np.float32)
    return array if len(values) == 1 else array.reshape(-1, *[1] * (len(shape) - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """Numbers that stay the same from batch to batch, copied to each device once.

    Attributes:
        values: one number, or what broadcasts against a sample.
    """

    values: npt.NDArray[np.float32]
    _copies: dict[torch.device, torch.Tensor] = field(default_factory=dict, repr=False)

    def on(self, device: torch.device) -> torch.Tensor | float:
        """Return the numbers on a device; a single one as it is, which is passed to the kernel."""
        if self.values.size == 1:
            return float(self.values.reshape(()))
        if device not in self._copies:
            self._copies[device] = torch.from_numpy(self.values).to(device)
        return self._copies[device]
