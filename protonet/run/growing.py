"""Files of a run that only grow, and are cut back to a snapshot's length on a resume."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

from protonet.errors import StorageError


class GrowingFile:
    """A file that records are appended to.

    Args:
        path: the file; made if it is not there.
        length: bytes that are kept of what is there; None keeps all.

    Raises: StorageError if the disk refuses, or the file is shorter than `length`.
    """

    def __init__(self, path: Path, length: int | None = None) -> None:
        self.path = path
        try:
            if length is not None:
                self._cut(length)
            self._file: io.FileIO = path.open("ab", buffering=0)
        except OSError as error:
            raise self._refused(error) from error

    def _cut(self, length: int) -> None:
        found = self.path.stat().st_size if self.path.exists() else 0
        if found < length:
            raise StorageError(
                f"{self.path}: has {found} bytes, and had {length} at the snapshot: it was changed "
                "since; put it back, or train again without --resume"
            )
        if found > length:
            os.truncate(self.path, length)

    def append(self, data: bytes) -> None:
        """Append bytes, handed to the system at once: a killed process loses none.

        Raises: StorageError if the disk refuses.
        """
        rest = memoryview(data)
        try:
            while rest:  # a disk that is nearly full takes a part
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            with suppress(OSError):  # half a record would be in the way of those of a resumed run
                size = os.fstat(self._file.fileno()).st_size
                os.ftruncate(self._file.fileno(), size - (len(data) - len(rest)))
            raise self._refused(error) from error

    def flushed_length(self) -> int:
        """Put everything on the disk, and return the length in bytes.

        Raises: StorageError if the disk refuses.
        """
        try:
            os.fsync(self._file.fileno())
            return self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _refused(self, error: OSError) -> StorageError:
        return StorageError(f"{self.path}: cannot be written: {error.strerror or error}")
