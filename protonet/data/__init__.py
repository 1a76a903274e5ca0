"""Datasets: `open_dataset(path)` reads one; `protonet.data.table.create_tables` writes one."""

from __future__ import annotations

from protonet.data.open import open_dataset

__all__ = ["open_dataset"]
