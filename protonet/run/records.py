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
        board: whether there are events for TensorBoard.

    Attributes:
        events: TensorBoard's; None where there are none.

    Raises: StorageError if a file cannot be written, or has less than is to be kept.
    """

    def __init__(
        self, folder: RunFolder, lengths: Mapping[str, int] | None, *, board: bool = True
    ) -> None:
        paths = [folder.metrics, *([folder.path / NAME] if board else [])]
        self._file, *others = [
            GrowingFile(path, None if lengths is None else lengths.get(path.name, 0))
            for path in paths
        ]
        self._metrics = MetricsFile(self._file)
        self.events = EventsFile(others[0]) if others else None

    def record(self, row: Row) -> None:
        """Append a measurement to both.

        Raises: StorageError if the disk refuses, or refused TensorBoard's before.
        """
        self._metrics.record(row)
        if self.events is not None:
            self.events.record(row)

    def lengths(self) -> dict[str, int]:
        """Put both on the disk, and return their lengths in bytes, by name.

        Raises: StorageError.
        """
        lengths = {self._file.path.name: self._file.flushed_length()}
        return lengths | ({} if self.events is None else {NAME: self.events.flushed_length()})

    def close(self) -> None:
        """Close both.

        Raises: StorageError if the disk refused something that TensorBoard was still to be shown.
        """
        try:
            if self.events is not None:
                self.events.close()
        finally:
            self._file.close()
