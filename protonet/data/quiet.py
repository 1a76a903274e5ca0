"""Pillow's warnings about damaged tags, silenced: what matters is an error or a remark of ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Silence what Pillow warns of within the block."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield
