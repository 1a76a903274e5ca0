"""Whether weights are all that a net needs: told to people and programs, and refused if not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from protonet.errors import DataError
from protonet.net import Net
from protonet.snapshot import WeightsReport

_SHOWN = 5


def check_whole(net: Net, report: WeightsReport) -> None:
    """Refuse weights that leave parameters of a net as they were filled.

    Raises: DataError naming them.
    """
    names = list(net.named_tensors())
    taken = set(report.taken)
    left = [name for name in names if name not in taken]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        raise DataError(
            f"{report.path}: {len(left)} of the net's {len(names)} parameters are not in it, or "
            f"of another shape: {', '.join(left[:_SHOWN])}{more}"
        )


def fit_lines(report: WeightsReport) -> list[str]:
    """Return how many parameters weights are for, and below it what is unlike."""
    matched = f"{len(report.taken)} of {report.total} parameters match {report.path}"
    return [f"weights        {matched}", *report.lines()[1:]]


def fit_data(report: WeightsReport) -> dict[str, Any]:
    """Return the same as plain data, every name in it."""
    return {"matched": len(report.taken), "total": report.total, **asdict(report)}
