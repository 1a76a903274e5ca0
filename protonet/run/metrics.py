"""`metrics.jsonl`: one JSON object a line, one line a measurement."""

from __future__ import annotations

import json
import math
from typing import Any

from protonet.hooks.display import Row
from protonet.run.growing import GrowingFile


class MetricsFile:
    """Writes rows as JSON; a number that is not finite becomes null, which JSON has no word for.

    Args:
        file: what the lines are appended to.
    """

    def __init__(self, file: GrowingFile) -> None:
        self._file = file

    def record(self, row: Row) -> None:
        """Append a row.

        Raises: StorageError if the disk refuses.
        """
        plain = {key: finite(value) for key, value in row.items()}
        self._file.append((json.dumps(plain, allow_nan=False) + "\n").encode())


def finite(value: Any) -> Any:
    """Return a value with None for every number, also in a list, that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [finite(item) for item in value] if isinstance(value, list) else value
