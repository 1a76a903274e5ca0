"""TensorBoard's event file, written on a thread of its own.

Written through TensorBoard's own record format, but not its writer: that one starts a new file on
every resume, and cannot be cut back to a snapshot.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from protonet.hooks.display import Row
from protonet.run.background import Background
from protonet.run.board import summaries
from protonet.run.board.summaries import Value
from protonet.run.growing import GrowingFile

NAME = "events.out.tfevents.protonet"
"""TensorBoard reads every file whose name holds `tfevents`."""

_NO_SCALARS = frozenset({"iteration", "phase", "set", "samples"})


class EventsFile:
    """Encodes and writes in the background, in the order of the calls. What the disk refuses is
    raised by a later call, the last of them `close`.

    Args:
        file: what the records are appended to; a new one gets the format's first record.

    Raises: StorageError if the disk refuses.
    """

    def __init__(self, file: GrowingFile) -> None:
        self._file, self._background = file, Background("protonet-tensorboard")
        if file.flushed_length() == 0:
            self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def record(self, row: Row) -> None:
        """Append a row's numbers under `set/name`, at its iteration.

        Raises: StorageError.
        """
        numbers = {
            f"{row['set']}/{name}": value
            for name, value in row.items()
            if name not in _NO_SCALARS and isinstance(value, int | float)
        }
        self.numbers(int(str(row["iteration"])), numbers)

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Append a point of each of some curves.

        Raises: StorageError.
        """
        self.post(step, lambda: [summaries.number(tag, value) for tag, value in values.items()])

    def text(self, tag: str, text: str) -> None:
        """Append a text, shown as it is.

        Raises: StorageError.
        """
        self.post(0, lambda: [summaries.text(tag, text)])

    def post(self, step: int, make: Callable[[], Iterable[Value]]) -> None:
        """Have values made and appended.

        Args:
            step: the iteration at which they are shown.
            make: makes them; it runs in the background.

        Raises: StorageError.
        """
        now = time.time()

        def write() -> None:
            self._append(Event(wall_time=now, step=step, summary=Summary(value=make())))

        self._background.post(write)

    def graph(self, make: Callable[[], GraphDef]) -> None:
        """Have the drawing of the net made and appended.

        Raises: StorageError.
        """
        now = time.time()

        def write() -> None:
            self._append(Event(wall_time=now, graph_def=make().SerializeToString()))

        self._background.post(write)

    def flushed_length(self) -> int:
        """Put everything on the disk, and return the length in bytes.

        Raises: StorageError.
        """
        self._background.wait()
        return self._file.flushed_length()

    def close(self) -> None:
        """Write what is left, and close the file.

        Raises: StorageError.
        """
        try:
            self._background.close()
        finally:
            self._file.close()

    def _append(self, event: Event) -> None:
        buffer = io.BytesIO()
        RecordWriter(buffer).write(event.SerializeToString())
        self._file.append(buffer.getvalue())
