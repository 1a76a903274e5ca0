"""Databases that Caffe reads: LMDBs of Datum, one for each table.

A dataset `out.lmdb` of one table is Caffe's `out.lmdb`; the tables of several are databases of
their own, `out_train.lmdb` and `out_test.lmdb`. Keys are eight digits, so that Caffe's cursor meets
the records in order. Colours are stored as Caffe's are: blue, green, red.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from protonet.convert.caffe_resuming import CaffeResumption
from protonet.convert.datum import is_turned, write_array, write_encoded
from protonet.convert.earlier import Earlier
from protonet.convert.journal import Journal
from protonet.convert.plan import Plan
from protonet.convert.recorder import Recorder
from protonet.convert.source import LABEL, numbers
from protonet.data.encoded_images import EncodedFacts, EncodedImages
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import ENDS, IMAGE, Array, new_columns
from protonet.data.lmdb import LmdbStore
from protonet.data.place import appearing
from protonet.data.statistics import Statistics
from protonet.errors import DataError, UsageError
from protonet.records import ChannelOrder

_ENDING = ".lmdb"
_LABELS = range(-(2**31), 2**31)


class DatumWriter:
    """Takes a table's records and writes a Datum for each.

    Args:
        store: where they go.
        header: what is known before the first record; the fields are those that are written.
        where: the database's path, for messages.
        kept: how many records are stored already, and are not written again.

    Raises: UsageError if the fields are not one of numbers and a label.
    """

    def __init__(self, store: LmdbStore, header: Header, where: str, kept: int = 0) -> None:
        self._store, self._where, self._given = store, where, header.channels
        self._kept = kept
        self._fields = header.fields
        names = [field.name for field in header.fields]
        shape = header.fields[0].shape or ()
        if len(names) > 2 or names[1:] not in ([], [LABEL]) or len(shape) > 3:
            raise UsageError(
                f"--caffe: the fields are {', '.join(names)}; a Datum of Caffe holds one array of "
                "at most three axes, and one whole number as label"
            )
        label = header.field(LABEL)
        if label is not None and (label.shape != () or np.dtype(label.dtype).kind not in "iu"):
            raise UsageError(
                "--caffe: the label of a Datum is one whole number; write .h5 for Caffe's HDF5Data"
            )
        written = header.model_copy(update={"channels": _order(header.channels)})
        columns = {
            column.name: column for field in header.fields for column in new_columns(field, where)
        }
        self._statistics, self._count = Statistics(written, columns, where), 0
        self._facts = EncodedFacts()

    def write(self, batch: Mapping[str, Array | EncodedImages]) -> None:
        """Append records.

        Raises: DataError if a label names no class, or is too large; StorageError if the disk
            refuses.
        """
        first = next(iter(batch))
        records, count = batch[first], len(batch[first])
        labels = numbers(batch[LABEL]) if LABEL in batch else np.zeros(count, np.int64)
        strange = [label for label in labels.tolist() if label not in _LABELS]
        if strange:
            raise DataError(f"{self._where}: label {strange[0]} is too large for Caffe's int32")
        arrays = {LABEL: labels} if LABEL in batch else {}
        self._statistics.check(arrays)
        if isinstance(records, EncodedImages):
            arrays[first], arrays[ENDS + first] = records.joined(self._facts.size)
            self._facts.add(records)
        else:
            if is_turned(self._given, records.shape[1:]):
                records = np.ascontiguousarray(records[:, ::-1])  # (N, B G R, H, W)
            arrays[first] = records
        for name, column in arrays.items():
            self._statistics.add(name, column)
        if self._count + count > self._kept:
            keys = (b"%08d" % number for number in range(self._count, self._count + count))
            self._store.put_all(list(zip(keys, _datums(records, labels), strict=True)))
        self._count += count

    def finish(self) -> Header:
        """Flush the database, and return what is known of it.

        Raises: DataError if there are no records; StorageError if the disk refuses.
        """
        if not self._count:
            raise DataError(f"{self._where}: there are no records to write")
        self._store.finish()
        encoded = [field.name for field in self._fields if field.kind == IMAGE]
        return self._statistics.complete(self._count, dict.fromkeys(encoded, self._facts.shape))


class CaffeTables:
    """The databases that are being written; `create_caffe_tables` makes it.

    Args:
        path: the destination.
        stack: what is closed at the end.
        force: replace what is there.
        resumption: what an earlier run left, and what becomes of it.
    """

    def __init__(
        self, path: Path, stack: ExitStack, *, force: bool, resumption: CaffeResumption
    ) -> None:
        self._path, self._force, self._stack = path, force, stack
        self._resumption = resumption
        self._journals: dict[str | None, Journal] = {}
        self._writers: dict[str | None, DatumWriter] = {}
        self._headers: dict[str | None, Header] = {}

    def address(self, name: str | None) -> str:
        """Return the path of a table's database."""
        path = self._path
        return str(path if name is None else path.with_name(f"{path.stem}_{name}{path.suffix}"))

    def header(self, name: str | None) -> Header:
        """Return what is known of a finished table."""
        return self._headers[name]

    def table(
        self,
        name: str | None,
        fields: Sequence[FieldSpec],
        *,
        channels: ChannelOrder | None = None,
        classes: Sequence[str] | None = None,
        made_by: Mapping[str, str] = MappingProxyType({}),
    ) -> DatumWriter:
        """Begin a table; the arguments are those of `protonet.data.table.Tables.table`.

        Raises: UsageError if the fields fit no Datum, or the database is there already.
        """
        where = self.address(name)
        adopt = partial(self._resumption.adopt, name, where)
        appears = appearing(Path(where), LmdbStore.file_name, force=self._force, adopt=adopt)
        place = self._stack.enter_context(appears)
        store = LmdbStore(place, where)
        self._stack.callback(store.release)
        self._journals[name] = self._resumption.journal(name, place.parent)
        self._stack.callback(self._journals[name].close)
        header = Header(
            fields=tuple(fields),
            count=0,
            channels=channels,
            classes=None if classes is None else tuple(classes),
            content_hash="0",
            made_by=dict(made_by),
        )
        self._writers[name] = DatumWriter(store, header, where, self._resumption.kept(name))
        return self._writers[name]

    def begin(
        self, plan: Plan, made_by: Mapping[str, str]
    ) -> tuple[DatumWriter, Recorder, Earlier]:
        """Begin a table; return what writes it, what tells the journal, and what is stored.

        Args:
            plan: the table.
            made_by: what is known of how it was made.

        Raises: UsageError if the fields fit no Datum, or the database is there already.
        """
        writer = self.table(
            plan.name,
            plan.batches.fields,
            channels=plan.batches.channels,
            classes=plan.part.classes,
            made_by=made_by,
        )
        known = self._resumption.earlier(plan.name)
        return writer, Recorder(self._journals[plan.name], known, {}), known

    def finish(self) -> None:
        """Complete every table."""
        self._headers = {name: writer.finish() for name, writer in self._writers.items()}


@contextmanager
def create_caffe_tables(
    path: Path, resumption: CaffeResumption, *, force: bool = False
) -> Iterator[CaffeTables]:
    """Write databases that appear when the block ends without an error, or never.

    Args:
        path: the destination.
        resumption: what an earlier run left, and what becomes of it.
        force: replace what is there.

    Raises: UsageError if the path does not end in .lmdb.
    """
    check_caffe_ending(path)
    with ExitStack() as stack:
        tables = CaffeTables(path, stack, force=force, resumption=resumption)
        yield tables
        tables.finish()


def check_caffe_ending(path: Path) -> None:
    """Refuse a destination that is no LMDB.

    Raises: UsageError.
    """
    if path.suffix != _ENDING:
        raise UsageError(f"{path}: --caffe writes LMDB, and the name of one ends in .lmdb")


def _datums(records: Array | EncodedImages, labels: Array) -> list[bytes]:
    """Return the Datum of each record, (N, up to three axes) or N encoded images."""
    if isinstance(records, EncodedImages):
        pairs = zip(records.data, labels.tolist(), strict=True)
        return [write_encoded(data, label) for data, label in pairs]
    sides = (*records.shape[1:], 1, 1, 1)[:3]
    boxes = records.reshape(len(records), *sides)  # (N, C, H, W)
    return [write_array(box, label) for box, label in zip(boxes, labels.tolist(), strict=True)]


def _order(channels: ChannelOrder | None) -> ChannelOrder | None:
    return "BGR" if channels == "RGB" else channels
