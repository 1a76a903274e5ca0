"""Databases that Caffe reads: LMDBs of Datum, one for each table.

A dataset `out.lmdb` of one table is Caffe's `out.lmdb`; the tables of several are databases of
their own, `out_train.lmdb` and `out_test.lmdb`. Keys are eight digits, so that Caffe's cursor meets
the records in order. Colours are stored as Caffe's are: blue, green, red.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import numpy as np

from protonet.convert.datum import write_array, write_encoded
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
Adopt = Callable[[Path], bool] | None
_LABELS = range(-(2**31), 2**31)


class DatumWriter:
    """Takes a table's records and writes a Datum for each.

    Args:
        store: where they go.
        header: what is known before the first record; the fields are those that are written.
        where: the database's path, for messages.

    Raises: UsageError if the fields are not one of numbers and a label.
    """

    def __init__(self, store: LmdbStore, header: Header, where: str) -> None:
        self._store, self._where, self._given = store, where, header.channels
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
            pairs = zip(records.data, labels.tolist(), strict=True)
            values = [write_encoded(data, label) for data, label in pairs]
        else:
            if self._given == "RGB" and records.shape[1:2] == (3,):
                records = np.ascontiguousarray(records[:, ::-1])  # (N, B G R, H, W)
            arrays[first] = records
            sides = (*records.shape[1:], 1, 1, 1)[:3]
            boxes = records.reshape(count, *sides)  # (N, C, H, W)
            both = zip(boxes, labels.tolist(), strict=True)
            values = [write_array(box, label) for box, label in both]
        for name, column in arrays.items():
            self._statistics.add(name, column)
        keys = (b"%08d" % number for number in range(self._count, self._count + count))
        self._store.put_all(list(zip(keys, values, strict=True)))
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
        adopt: asked about what a killed writer left.
    """

    def __init__(self, path: Path, stack: ExitStack, *, force: bool, adopt: Adopt) -> None:
        self._path, self._force, self._stack, self._adopt = path, force, stack, adopt
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
        place = appearing(Path(where), LmdbStore.file_name, force=self._force, adopt=self._adopt)
        store = LmdbStore(self._stack.enter_context(place), where)
        self._stack.callback(store.release)
        header = Header(
            fields=tuple(fields),
            count=0,
            channels=channels,
            classes=None if classes is None else tuple(classes),
            content_hash="0",
            made_by=dict(made_by),
        )
        self._writers[name] = DatumWriter(store, header, where)
        return self._writers[name]

    def finish(self) -> None:
        """Complete every table."""
        self._headers = {name: writer.finish() for name, writer in self._writers.items()}


@contextmanager
def create_caffe_tables(
    path: Path, *, force: bool = False, adopt: Adopt = None
) -> Iterator[CaffeTables]:
    """Write databases that appear when the block ends without an error, or never.

    Args:
        path: the destination.
        force: replace what is there.
        adopt: asked about what a killed writer left, as by `protonet.data.place.appearing`.

    Raises: UsageError if the path does not end in .lmdb.
    """
    check_caffe_ending(path)
    with ExitStack() as stack:
        tables = CaffeTables(path, stack, force=force, adopt=adopt)
        yield tables
        tables.finish()


def check_caffe_ending(path: Path) -> None:
    """Refuse a destination that is no LMDB.

    Raises: UsageError.
    """
    if path.suffix != _ENDING:
        raise UsageError(f"{path}: --caffe writes LMDB, and the name of one ends in .lmdb")


def _order(channels: ChannelOrder | None) -> ChannelOrder | None:
    return "BGR" if channels == "RGB" else channels
