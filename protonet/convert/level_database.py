"""Caffe's LevelDBs: a Datum for each key, in the order of the keys.

It needs plyvel, which `pip install 'protonet[leveldb]'` brings. LevelDB changes a database by
opening it: its log becomes a table, and files that are no longer needed go. So a copy is opened, in
a temporary folder: the log and the list of files are copied, and tables, which never change, are
linked to.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.convert.datum import Datum, read_datum
from protonet.convert.datum_database import datum_part
from protonet.convert.files import shown
from protonet.convert.source import Part
from protonet.data.layout import Rows
from protonet.errors import DataError, UsageError

_TABLES = (".ldb", ".sst")


def is_leveldb(folder: Path) -> bool:
    """Tell whether a folder is a LevelDB."""
    return (folder / "CURRENT").is_file() and any(folder.glob("MANIFEST-*"))


class OpenLevel:
    """A copy of a LevelDB that is open; closed and removed when it is no longer used.

    Args:
        folder: the database.

    Raises: UsageError if plyvel is not installed; DataError if the database cannot be read, or is
        being written.
    """

    def __init__(self, folder: Path) -> None:
        where = shown(folder)
        plyvel = _plyvel(where)
        place = tempfile.mkdtemp(prefix="protonet-leveldb-")
        self._errors = (plyvel.Error, OSError)
        self._remove = weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)
        with self.errors(where):
            _link(folder, Path(place), where)
            database = plyvel.DB(place, create_if_missing=False, paranoid_checks=True)
            weakref.finalize(self, database.close)
            self._database = database

    def keys(self, where: str) -> list[bytes]:
        """Return all keys, in order.

        Raises: DataError if they cannot be read.
        """
        found: list[bytes] = []
        with self.errors(where):  # plyvel's plain iterator takes a damaged block for the end
            places = self._database.raw_iterator(verify_checksums=True)
            places.seek_to_first()
            while places.valid():
                found.append(places.key())
                places.next()
        return found

    def value(self, key: bytes, where: str) -> bytes:
        """Return the value of a key; several threads may ask at once.

        Raises: DataError if it cannot be read.
        """
        with self.errors(where):
            return bytes(self._database.get(key, b"", verify_checksums=True))

    @contextmanager
    def errors(self, where: str) -> Iterator[None]:
        """Turn what plyvel and the system raise into a DataError."""
        try:
            yield
        except self._errors as error:
            why = getattr(error, "strerror", None) or str(error)
            raise DataError(f"{where}: cannot be read as a LevelDB: {why}") from error


@dataclass(frozen=True)
class LevelDatums:
    """The records of a database.

    Args:
        where: the database, for messages.
        database: it, open.
        keys: of each record.
    """

    where: str
    database: OpenLevel
    keys: Sequence[bytes]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.keys)

    def name(self, index: int) -> str:
        """Return the database and the record's key."""
        return f"{self.where}, record {self.keys[index].decode(errors='replace')}"

    def read(self, index: int) -> Datum:
        """Return one record; several threads may read at once.

        Raises: DataError if it is no Datum, or damaged.
        """
        name = self.name(index)
        return read_datum(self.database.value(self.keys[index], name), name)

    def some(self, rows: Rows) -> LevelDatums:
        """Return some of the records."""
        return LevelDatums(self.where, self.database, [self.keys[row] for row in rows.tolist()])


def list_leveldb(folder: Path, *, gray: bool, table: str | None = None) -> Part:
    """List a LevelDB of Caffe's.

    Raises: UsageError if plyvel is not installed; DataError if the database cannot be read, is
        being written, or holds no Datum.
    """
    where = shown(folder)
    database = OpenLevel(folder)
    records = LevelDatums(where, database, database.keys(where))
    return datum_part(records, gray=gray, table=table)


def _plyvel(where: str) -> Any:
    try:
        import plyvel
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{where}: is a LevelDB, and to read one, plyvel is needed: pip install "
            "'protonet[leveldb]'; or make an LMDB of it with Caffe"
        ) from error
    return plyvel


def _link(folder: Path, place: Path, where: str) -> None:
    """Make a database of another's files.

    Raises: DataError if it is being written.
    """
    with suppress(FileNotFoundError, PermissionError), (folder / "LOCK").open("r+b") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as LevelDB itself does
        except BlockingIOError as error:
            raise DataError(
                f"{where}: another program has it open, and may be writing to it; wait until that "
                "is done"
            ) from error
    for file in folder.iterdir():
        if file.suffix in _TABLES:
            (place / file.name).symlink_to(file.resolve())
        elif file.name == "CURRENT" or file.name.startswith("MANIFEST-") or file.suffix == ".log":
            shutil.copyfile(file, place / file.name)
