"""Datasets: `open_dataset(path)` reads one; `protonet.data.table.create_tables` writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protonet.data.open import open_dataset

__all__ = ["open_dataset"]


def __getattr__(name: str) -> Any:
    """Import the reader when it is first asked for: it needs numpy, h5py and pydantic."""
    if name == "open_dataset":
        from protonet.data.open import open_dataset

        return open_dataset
    raise AttributeError(f"module {__name__} has no attribute {name}")
