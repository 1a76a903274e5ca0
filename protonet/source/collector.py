"""Python's cyclic garbage collector, kept away while a spec is read and its shapes are proved.

Both make many small objects that all stay. The collector would walk through them again and
again while they grow, which takes longer than making them does.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Let the cyclic garbage collector rest until the end, if it is at work."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
