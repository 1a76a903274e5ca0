"""TensorBoard's event file: scalars by `set/name`, and the spec as text.

Written through TensorBoard's own record format, but not its writer: that one starts a new file on
every resume, and cannot be cut back to a snapshot.
"""

from __future__ import annotations

import io
import time

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.text.metadata import create_summary_metadata
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from protonet.hooks.display import Row
from protonet.run.growing import GrowingFile

NAME = "events.out.tfevents.protonet"
"""TensorBoard reads every file whose name holds `tfevents`."""

_NO_SCALARS = frozenset({"iteration", "phase", "set", "samples"})


class EventsFile:
    """Writes rows as scalars.

    Args:
        file: what the records are appended to; a new one gets the format's first record.
    """

    def __init__(self, file: GrowingFile) -> None:
        self._file = file
        if file.flushed_length() == 0:
            self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def record(self, row: Row) -> None:
        """Append a row's numbers under `set/name`, at its iteration.

        Raises: StorageError if the disk refuses.
        """
        values = [
            Summary.Value(tag=f"{row['set']}/{name}", simple_value=value)
            for name, value in row.items()
            if name not in _NO_SCALARS and isinstance(value, int | float)
        ]
        self._summarise(values, int(str(row["iteration"])))

    def text(self, tag: str, text: str) -> None:
        """Append a text, shown as it is.

        Raises: StorageError if the disk refuses.
        """
        shown = "\n".join(f"    {line}" for line in text.splitlines())  # Markdown's code
        metadata: SummaryMetadata = create_summary_metadata(display_name=None, description="")
        tensor = make_tensor_proto(np.array(shown.encode(), dtype=object))
        self._summarise([Summary.Value(tag=tag, metadata=metadata, tensor=tensor)], 0)

    def _summarise(self, values: list[Summary.Value], step: int) -> None:
        self._append(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def _append(self, event: Event) -> None:
        buffer = io.BytesIO()
        RecordWriter(buffer).write(event.SerializeToString())
        self._file.append(buffer.getvalue())
