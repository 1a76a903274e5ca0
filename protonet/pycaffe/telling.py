"""What solvers say while they train: lines of the logger `protonet.pycaffe`, worded as Caffe's log.

Nothing is shown before `init_log`, or before the program sets logging up itself.
"""

from __future__ import annotations

import logging

from protonet.errors import UsageError

LOGGER = logging.getLogger("protonet.pycaffe")

_LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
"""Of glog's severities, 0 to 3."""


def init_log(level: int = 0) -> None:
    """Show the lines of the log on standard error.

    Args:
        level: 0 for all, 1 for warnings, 2 for errors.

    Raises: UsageError for another level.
    """
    if not 0 <= level < len(_LEVELS):
        raise UsageError(f"init_log({level}): the level is 0, 1, 2 or 3")
    if not LOGGER.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname).1s%(asctime)s %(message)s"))
        LOGGER.addHandler(handler)
    LOGGER.setLevel(_LEVELS[level])


def log(message: str) -> None:
    """Add a line to the log."""
    LOGGER.info("%s", message)
