"""Going on with a conversion that was killed.

What is written to an LMDB of ours lies in a hidden folder, with a journal beside it, until it is
complete. The next run of the same command reads both: images that are stored are not decoded again.
The dataset is the same to the last bit. Where the source, the options or the versions are others,
and for other formats, it begins again, and says so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import PIL
import simplejpeg

from protonet import __version__
from protonet.convert.batches import Batch
from protonet.convert.earlier import Earlier, earlier
from protonet.convert.encoded_pictures import EncodedPictures
from protonet.convert.files import shown
from protonet.convert.flushing import FlushedStore
from protonet.convert.journal import NAME, Entry, Journal, read_journal
from protonet.convert.options import ConvertOptions
from protonet.convert.pictures import Pictures
from protonet.convert.plan import Plan
from protonet.convert.stamps import has_own_files, source_stamp
from protonet.convert.table_files import is_pattern, matched
from protonet.data.encoded_images import EncodedImages
from protonet.data.layout import Array
from protonet.data.lmdb import LmdbFile, LmdbStore
from protonet.data.place import appearing
from protonet.data.table import Tables, format_of
from protonet.data.writer import Store, TableWriter
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

    def kept(self) -> dict[str, int]:
        """Return how many chunks of each column of images are stored and stay."""
        return {
            f"{name}/{field}" if name else field: one.whole_chunks(field)
            for name, one in self.tables.items()
            for field in one.images
        }

    def stored_bytes(self) -> int:
        """Return the size of the images that are stored."""
        columns = (one.column for known in self.tables.values() for one in known.images.values())
        return sum(column.count * column.record_bytes for column in columns)

    def _read(self, folder: Path) -> str | None:
        """Read what an earlier run stored; return why it is of no use, if it is of none."""
        found = read_journal(folder / NAME)
        if found is None:
            return "it had stored nothing yet"
        head, stored = found
        for name, value in self.head.items():
            if head.get(name) != value:
                return _CHANGED[name]
        where = shown(self.destination)
        try:
            file = LmdbFile(folder, where)
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


class Resumable:
    """The tables of a dataset that is written; `resumable_tables` makes it.

    Args:
        tables: where records are written.
        resumption: what is stored already.
        journal: where it is told what is stored; None where nobody could go on with it.
    """

    def __init__(self, tables: Tables, resumption: Resumption, journal: Journal | None) -> None:
        self.tables, self._resumption, self._journal = tables, resumption, journal

    def earlier(self, plan: Plan) -> Earlier:
        """Return what is stored of a table."""
        return self._resumption.tables.get(plan.name) or Earlier(plan, (), {})

    def recorder(self, plan: Plan, writer: TableWriter) -> Recorder | None:
        """Return what tells the journal of a table's batches; None where there is no journal."""
        return (
            None if self._journal is None else Recorder(self._journal, self.earlier(plan), writer)
        )


class Recorder:
    """Tells the journal of each batch that was written.

    Args:
        journal: it.
        known: what it says of the table already.
        writer: what wrote the batches.
    """

    def __init__(self, journal: Journal, known: Earlier, writer: TableWriter) -> None:
        self._journal, self._plan, self._writer = journal, known.plan, writer
        self._start = known.count
        columns = known.plan.batches.columns
        images = [n for n, one in columns.items() if isinstance(one, Pictures | EncodedPictures)]
        self._told = {
            name: known.images[name].column.chunks if name in known.images else 0 for name in images
        }

    def add(self, batch: Batch) -> None:
        """Tell that a batch was written.

        Raises: StorageError if the disk refuses.
        """
        rows = self._plan.rows[self._start : self._start + batch.count]
        left_out = np.flatnonzero(~np.isin(rows, batch.indices)) if batch.rejects else ()
        entry = Entry(
            table=self._plan.name or "",
            start=self._start,
            count=batch.count,
            stamp=batch.stamp,
            left_out=tuple(map(int, left_out)),
            rejects=tuple((one.name, one.why) for one in batch.rejects),
            colour=batch.colour,
            remarks=tuple(batch.remarks.items()),
            encoded={name: _sizes(one) for name, one in batch.arrays.items()
                     if isinstance(one, EncodedImages)},
            checksums=dict(self._checksums()),
        )  # fmt: skip
        self._journal.add(entry)
        self._start += batch.count

    def _checksums(self) -> Iterator[tuple[str, tuple[int, tuple[int, ...]]]]:
        for name, told in self._told.items():
            sums = self._writer.checksums[name]
            if len(sums) > told:
                yield name, (told, tuple(sums[told:]))
                self._told[name] = len(sums)


class KeptStore:
    """A format some chunks of which are stored already; those are not written again.

    Args:
        store: the format.
        kept: number of chunks of each column that are stored.
    """

    def __init__(self, store: Store, kept: Mapping[str, int]) -> None:
        self._store, self._kept = store, kept
        self.begin, self.put = store.begin, store.put
        self.finish, self.release = store.finish, store.release

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk, if it is not stored."""
        if index >= self._kept.get(name, 0):
            self._store.chunk(name, index, records)


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
        file: Store = store_type(place, str(path))
        store = KeptStore(FlushedStore(file, place) if aside else file, resumption.kept())
        journal = None
        try:
            if resumption.tables:
                journal = Journal.go_on(place.parent / NAME)
            elif store_type is LmdbStore:
                journal = Journal.begin(place.parent / NAME, resumption.head)
            tables = Tables(store, str(path), aside)
            yield Resumable(tables, resumption, journal)
            tables.finish()
            store.finish()
        finally:
            store.release()
            if journal is not None:
                journal.close()


def _sizes(images: EncodedImages) -> tuple[tuple[int, tuple[int, ...]], ...]:
    pairs = zip(images.data, images.shapes, strict=True)
    return tuple((len(data), tuple(shape)) for data, shape in pairs)


def _files(source: Path, plans: Sequence[Plan]) -> str:
    """Return a stamp of what is read from; images that are files have their own."""
    if all(has_own_files(one.part) for one in plans):
        return ""
    return source_stamp(source, matched(source) if is_pattern(source) else ())
