"""The files that a run's measurements go to: opened, cut back and closed together."""

from __future__ import annotations

from collections.abc import Mapping

from protonet.hooks.display import Row
from protonet.run.events import NAME, EventsFile
from protonet.run.folder import RunFolder
from protonet.run.growing import GrowingFile
from protonet.run.metrics import MetricsFile


class Records:
    """`metrics.jsonl` and TensorBoard's events of a run.

    Args:
        folder: of the run.
        lengths: bytes of each file to keep, by its name, as a snapshot recorded them; None keeps
            all that is there.

    Raises: StorageError if a file cannot be written, or has less than is to be kept.
    """

    def __init__(self, folder: RunFolder, lengths: Mapping[str, int] | None) -> None:
        self._files = [
            GrowingFile(path, None if lengths is None else lengths.get(path.name, 0))
            for path in (folder.metrics, folder.path / NAME)
        ]
        self._metrics = MetricsFile(self._files[0])
        self._events = EventsFile(self._files[1])

    def record(self, row: Row) -> None:
        """Append a measurement to both."""
        self._metrics.record(row)
        self._events.record(row)

    def text(self, tag: str, text: str) -> None:
        """Append a text to TensorBoard's."""
        self._events.text(tag, text)

    def lengths(self) -> dict[str, int]:
        """Put both on the disk, and return their lengths in bytes, by name."""
        return {file.path.name: file.flushed_length() for file in self._files}

    def close(self) -> None:
        """Close both."""
        for file in self._files:
            file.close()
