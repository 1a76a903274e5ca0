"""Going on with a conversion that was killed.

What is written lies in a hidden folder, with a journal beside it, until it is complete. The next
run of the same command reads both: images that are stored are not decoded again. An LMDB is gone on
with; from an HDF5 file, which cannot be opened then, they are copied to a new one. The dataset is
the same to the last bit. Where the source, the options or the versions are others, and for Caffe's
databases, it begins again, and says so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import PIL
import simplejpeg

from protonet import __version__
from protonet.convert.earlier import Earlier, OpenFile, earlier
from protonet.convert.files import shown
from protonet.convert.flushing import FlushedStore
from protonet.convert.journal import NAME, Journal, Stored, read_journal
from protonet.convert.kept_store import KeptStore
from protonet.convert.left_file import ASIDE_JOURNAL, left_file, set_aside
from protonet.convert.options import ConvertOptions
from protonet.convert.plan import Plan
from protonet.convert.recorder import Recorder
from protonet.convert.stamps import has_own_files, source_stamp
from protonet.convert.table_files import is_pattern, matched
from protonet.data.hdf5 import Hdf5Store
from protonet.data.lmdb import LmdbFile, LmdbStore
from protonet.data.place import appearing
from protonet.data.table import Tables, format_of
from protonet.data.writer import TableWriter
from protonet.errors import DataError

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_CHANGED = MappingProxyType(
    {
        "options": "it had other options",
        "source": "it had another source",
        "files": "the source has changed since",
        "tables": "the source has changed since",
        "versions": "it was of another version of protonet, Pillow or simplejpeg",
        "machine": "the computer has started anew since, and may have lost what it held",
    }
)


def head_of(source: Path, options: ConvertOptions, plans: Sequence[Plan]) -> dict[str, str]:
    """Return what two runs have in common that make the same dataset, each part a text."""
    tables = hashlib.blake2b(digest_size=8)
    for one in plans:
        tables.update(repr((one.name, one.batches.fields)).encode())
        tables.update(np.ascontiguousarray(one.rows).tobytes())
    machine = ""
    with suppress(OSError):
        machine = _BOOT.read_text().strip()
    return {
        "options": repr(replace(options, workers=None, force=False, restart=False)),
        "source": shown(os.path.abspath(source)),
        "files": _files(source, plans),
        "tables": tables.hexdigest(),
        "versions": f"{__version__} {PIL.__version__} {simplejpeg.__version__}",
        "machine": machine,
    }


def check_unchanged(source: Path, plans: Sequence[Plan], head: Mapping[str, str]) -> None:
    """Refuse a source that was written to while it was read, for what was read may be half of each.

    Raises: DataError.
    """
    if _files(source, plans) != head["files"]:
        raise DataError(
            f"{shown(source)}: it was changed while it was read; wait until that is done, and "
            "convert it again. Nothing was written"
        )


@dataclass
class Resumption:
    """What becomes of what an earlier run left, and what is known of it then.

    Args:
        destination: the dataset.
        plans: the tables to be written.
        head: what this run must have in common with the earlier one.
        refused: why nothing is gone on with, whatever is there; None where it may be.

    Attributes:
        tables: what is stored of each table, by name.
        notes: what a person should know, a sentence each.
    """

    destination: Path
    plans: Sequence[Plan]
    head: Mapping[str, str]
    refused: str | None = None
    tables: dict[str | None, Earlier] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def adopt(self, folder: Path) -> bool:
        """Tell whether to go on with what lies in a folder; see `protonet.data.place.appearing`."""
        why = self.refused or self._read(folder)
        if why is None:
            done = sum(one.count for one in self.tables.values())
            total = sum(len(one.rows) for one in self.plans)
            self.notes.append(f"went on where an earlier run was killed: {done} of {total} records")
            return True
        self.tables = {}
        self.notes.append(
            f"an earlier run was killed, and this one began again, for {why}; removed "
            f"{shown(folder)}"
        )
        return False

    @property
    def in_place(self) -> bool:
        """Whether what is stored stays where it is; else it is copied to a new file."""
        return format_of(self.destination) is not Hdf5Store

    def kept(self) -> dict[str, int]:
        """Return how many chunks of each column of images are stored and stay."""
        if not self.in_place:
            return {}
        return {
            f"{name}/{field}" if name else field: one.whole_chunks(field)
            for name, one in self.tables.items()
            for field in one.images
        }

    def stored_bytes(self) -> int:
        """Return the size of the images that are stored and stay."""
        if not self.in_place:
            return 0
        columns = (one.column for known in self.tables.values() for one in known.images.values())
        return sum(column.count * column.record_bytes for column in columns)

    def journal(self, path: Path) -> Journal:
        """Return the journal of what is written now.

        Raises: StorageError if the disk refuses.
        """
        if self.tables and self.in_place:
            return Journal.go_on(path)
        return Journal.begin(path, self.head)

    def _read(self, folder: Path) -> str | None:
        """Read what an earlier run stored; return why it is of no use, if it is of none."""
        if not self.in_place:
            set_aside(folder, folder / self.destination.name)
        found = read_journal(folder / (NAME if self.in_place else ASIDE_JOURNAL))
        if found is None:
            return "it had stored nothing yet"
        head, stored = found
        for name, value in self.head.items():
            if head.get(name) != value:
                return _CHANGED[name]
        where = shown(self.destination)
        try:
            file = self._open(folder, stored, where)
            self.tables = {
                one.name: earlier(one, stored[one.name or ""], file, where)
                for one in self.plans
                if (one.name or "") in stored
            }
        except DataError as error:
            return f"what it stored cannot be read: {error}"
        if not any(one.count for one in self.tables.values()):
            return "no images are stored that would have to be decoded"
        return next((why for one in self.tables.values() if (why := one.changed())), None)

    def _open(self, folder: Path, stored: Mapping[str, Stored], where: str) -> OpenFile:
        if self.in_place:
            return LmdbFile(folder, where)
        return left_file(folder, stored, where)


class Resumable:
    """The tables of a dataset that is written; `resumable_tables` makes it.

    Args:
        tables: where records are written.
        resumption: what is stored already.
        journal: where it is told what is stored.
        file: what is written to.
    """

    def __init__(
        self, tables: Tables, resumption: Resumption, journal: Journal, file: LmdbStore | Hdf5Store
    ) -> None:
        self.tables, self._resumption = tables, resumption
        self._journal, self._file = journal, file

    def earlier(self, plan: Plan) -> Earlier:
        """Return what is stored of a table."""
        return self._resumption.tables.get(plan.name) or Earlier(plan, (), {})

    def recorder(self, plan: Plan, writer: TableWriter) -> Recorder:
        """Return what tells the journal of a table's batches."""
        if isinstance(self._file, Hdf5Store):
            return Recorder(self._journal, Earlier(plan, (), {}), writer, self._file.offset)
        return Recorder(self._journal, self.earlier(plan), writer)


@contextmanager
def resumable_tables(
    path: Path, resumption: Resumption, *, force: bool, aside: Executor | None = None
) -> Iterator[Resumable]:
    """Write a dataset as `protonet.data.table.create_tables` does, and go on with what an earlier
    run left of it.

    Args:
        path: as there.
        resumption: what the earlier run left.
        force: as there.
        aside: computes statistics while chunks are stored, which then go to the disk meanwhile;
            None where all is done in turn.

    Raises: UsageError or StorageError as that does.
    """
    store_type = format_of(path)
    with appearing(path, store_type.file_name, force=force, adopt=resumption.adopt) as place:
        file = store_type(place, str(path))
        store = KeptStore(FlushedStore(file, place) if aside else file, resumption.kept())
        try:
            with closing(resumption.journal(place.parent / NAME)) as journal:
                tables = Tables(store, str(path), aside)
                yield Resumable(tables, resumption, journal, file)
                tables.finish()
                store.finish()
        finally:
            store.release()


def _files(source: Path, plans: Sequence[Plan]) -> str:
    """Return a stamp of what is read from; images that are files have their own."""
    if all(has_own_files(one.part) for one in plans):
        return ""
    return source_stamp(source, matched(source) if is_pattern(source) else ())
