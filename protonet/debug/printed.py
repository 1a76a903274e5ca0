"""Where the lines of Print layers go while a net runs: to whoever shows the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from protonet.layers.print_values import LOGGER


class _Saying(logging.Handler):
    """Hands the text of every record on."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one line."""
        self._say(record.getMessage())


@contextmanager
def printed(say: Callable[[str], object]) -> Iterator[None]:
    """Take the lines of Print layers within the block, and nobody else does.

    Args:
        say: takes each line; one that draws a live line puts it above.
    """
    logger, handler = logging.getLogger(LOGGER), _Saying(say)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
