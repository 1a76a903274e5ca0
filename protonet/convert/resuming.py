"""Going on with a conversion that was killed.

What is written lies in a hidden folder, with a journal beside it, until it is complete. The next
run of the same command reads both: images that are stored are not decoded again. An LMDB is gone on
with; from an HDF5 file, which cannot be opened then, they are copied to a new one. The dataset is
the same to the last bit. Where the source, the options or the versions are others it begins again,
and says so. Of Caffe's databases `protonet.convert.caffe_resuming` does the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from protonet.convert.earlier import Earlier, OpenFile, earlier
from protonet.convert.files import shown
from protonet.convert.flushing import FlushedStore
from protonet.convert.heads import NO_IMAGES, NOTHING, began_again, difference, went_on
from protonet.convert.journal import NAME, Journal, Stored, read_journal
from protonet.convert.kept_store import KeptStore
from protonet.convert.left_file import ASIDE_JOURNAL, left_file, set_aside
from protonet.convert.plan import Plan
from protonet.convert.recorder import Recorder
from protonet.data.hdf5 import Hdf5Store
from protonet.data.lmdb import LmdbFile, LmdbStore
from protonet.data.place import appearing
from protonet.data.table import Tables, format_of
from protonet.data.writer import TableWriter
from protonet.errors import DataError


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
            self.notes.append(went_on(done, total))
            return True
        self.tables = {}
        self.notes.append(began_again(why, folder))
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
            return NOTHING
        head, stored = found
        if other := difference(self.head, head):
            return other
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
            return NO_IMAGES
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

    def begin(
        self, plan: Plan, made_by: Mapping[str, str]
    ) -> tuple[TableWriter, Recorder, Earlier]:
        """Begin a table; return what writes it, what tells the journal, and what is stored.

        Args:
            plan: the table.
            made_by: what is kept in its header of how it was made.

        Raises: UsageError for fields that cannot be stored.
        """
        writer = self.tables.table(
            plan.name,
            plan.batches.fields,
            channels=plan.batches.channels,
            classes=plan.part.classes,
            made_by=made_by,
        )
        nothing = Earlier(plan, (), {})
        known = self._resumption.tables.get(plan.name, nothing)
        if isinstance(self._file, Hdf5Store):
            recorder = Recorder(self._journal, nothing, writer.checksums, self._file.offset)
        else:
            recorder = Recorder(self._journal, known, writer.checksums)
        return writer, recorder, known


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
