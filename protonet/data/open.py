"""From a path to an open dataset: which file, which format, which table."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.encoded_column import EncodedColumn
from protonet.data.hdf5 import Hdf5File
from protonet.data.layout import ENDS, IMAGE, read_table
from protonet.data.lmdb import LmdbFile
from protonet.errors import DataError
from protonet.records import nearest, suggestion

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def open_dataset(path: str | os.PathLike[str]) -> ChunkedDataset:
    """Open a dataset for reading.

    Args:
        path: `x.lmdb` or `x.h5`, or one of several tables in it, `x.lmdb/train`.

    Raises: DataError if there is no such dataset, or it is damaged.
    """
    shown = os.fspath(path)
    return _open(os.path.abspath(shown), shown)


def tables_of(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the tables in a dataset, sorted; one without a name is "".

    Raises: DataError if there is no dataset.
    """
    place = Path(path)
    reader = _reader(place)
    if reader is None:
        raise DataError(f"{place}: {_why_none(Path(os.path.abspath(place)), str(place))}")
    tables = reader(place, str(place)).tables()
    return sorted(name.removesuffix("/") for name in tables)


def _open(path: str, shown: str) -> ChunkedDataset:
    """Open the dataset at an absolute path; messages call it `shown`."""
    place, asked = Path(path), ""
    shown_place = Path(shown)
    reader = _reader(place)
    if reader is None and place.name and _reader(place.parent):
        reader, asked = _reader(place.parent), place.name
        place, shown_place = place.parent, shown_place.parent
    if reader is None:
        raise DataError(f"{shown}: {_why_none(place, shown)}")
    file = reader(place, str(shown_place))
    prefix = _chosen(file.tables(), asked, str(shown_place))
    table = read_table(lambda name: file.value(prefix + name), shown)
    stored = {
        name: file.column(prefix + name, column, table.checksums[name], shown)
        for name, column in table.columns.items()
    }
    columns: dict[str, Gathering] = {}
    for field in table.header.fields:
        name = field.name
        if field.kind == IMAGE:
            columns[name] = EncodedColumn(
                field,
                stored[name],
                stored[ENDS + name],
                shown,
                gray=table.header.channels == "gray",
            )
        else:
            columns[name] = stored[name]
    return ChunkedDataset(shown, table.header, columns, partial(_open, path, shown))


def _reader(place: Path) -> type[LmdbFile] | type[Hdf5File] | None:
    """Return what reads this file or folder, or None if it is no dataset."""
    if os.path.isdir(place):
        return LmdbFile if os.path.isfile(place / "data.mdb") or place.suffix == ".lmdb" else None
    if os.path.isfile(place):
        return Hdf5File if place.suffix in (".h5", ".hdf5") or is_hdf5(place) else None
    return None


def is_hdf5(file: Path) -> bool:
    """Tell whether a file begins as HDF5 files do; one that cannot be read does not."""
    with suppress(OSError), file.open("rb") as stream:
        return stream.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE
    return False


def _chosen(tables: list[str], asked: str, where: str) -> str:
    """Return the prefix of the table asked for, or of the only one."""
    if not tables:
        raise DataError(
            f"{where}: it holds no dataset of protonet's; a database of Caffe's is converted "
            f"first: protonet convert {where} {_other(where)}"
        )
    if tables == [""]:
        if asked:
            raise DataError(
                f'{where}: it has no table "{asked}"; its only table has no name: open {where}'
            )
        return ""
    if not asked and len(tables) > 1:
        addresses = " or ".join(f"{where}/{name}" for name in sorted(tables))
        raise DataError(f"{where}: it holds {len(tables)} tables; open {addresses}")
    name = asked or tables[0]
    if name not in tables:
        raise DataError(f'{where}: it has no table "{name}"; {suggestion(name, tables)}')
    return f"{name}/"


def _other(where: str) -> str:
    path = Path(where)
    return str(path.with_name(f"new_{path.stem}.lmdb"))


def _why_none(place: Path, shown: str) -> str:
    if os.path.exists(place):
        what = "a folder without data.mdb" if os.path.isdir(place) else "neither LMDB nor HDF5"
        return f"it is {what}, so no dataset; make one: protonet convert {shown} {_other(shown)}"
    missing = place
    while not os.path.exists(missing.parent):
        missing = missing.parent
    near = None
    with suppress(OSError):
        near = nearest(missing.name, os.listdir(missing.parent))
    if near is None:
        return "there is no such dataset"
    rest = place.relative_to(missing)
    return (
        f"there is no such dataset; did you mean {_as_given(shown, missing.parent / near / rest)}?"
    )


def _as_given(shown: str, near: Path) -> str:
    """Return a path relative to the current folder where the given one was."""
    return str(near) if os.path.isabs(shown) else os.path.relpath(near, os.path.abspath("."))
