"""What a tensor holds, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers of a tensor, or of several taken together.

    Attributes:
        shape: of the last of them.
        dtype: element type, as torch names it.
        least, most, mean: of what is finite; None where nothing is.
        finite, nan, infinite: how many are finite, not a number, and infinite.
    """

    shape: tuple[int, ...]
    dtype: str
    least: float | None
    most: float | None
    mean: float | None
    finite: int
    nan: int
    infinite: int

    @classmethod
    def of(cls, tensor: Tensor) -> Values:
        """Return what a tensor holds; waits for its device."""
        own = tensor.detach()
        is_finite, is_nan = torch.isfinite(own), torch.isnan(own)
        finite, nan = int(is_finite.sum()), int(is_nan.sum())
        kept = own[is_finite].to(torch.float32 if own.device.type == "mps" else torch.float64)
        return cls(
            shape=tuple(own.shape),
            dtype=str(own.dtype).removeprefix("torch."),
            least=float(kept.min()) if finite else None,
            most=float(kept.max()) if finite else None,
            mean=float(kept.mean()) if finite else None,
            finite=finite,
            nan=nan,
            infinite=own.numel() - finite - nan,
        )

    @property
    def is_finite(self) -> bool:
        """Whether every number is finite."""
        return not (self.nan or self.infinite)

    def with_more(self, more: Values) -> Values:
        """Return these numbers and more of them taken together."""
        finite = self.finite + more.finite
        means = [(one.mean, one.finite) for one in (self, more) if one.mean is not None]
        return Values(
            shape=more.shape,
            dtype=more.dtype,
            least=min(_present(self.least, more.least), default=None),
            most=max(_present(self.most, more.most), default=None),
            mean=sum(mean * count for mean, count in means) / finite if finite else None,
            finite=finite,
            nan=self.nan + more.nan,
            infinite=self.infinite + more.infinite,
        )


def _present(*numbers: float | None) -> list[float]:
    return [number for number in numbers if number is not None]
