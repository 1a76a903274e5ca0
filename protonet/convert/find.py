"""Which kind of input a path holds, and what is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from protonet.convert.arrays import NPY, NPZ, list_arrays
from protonet.convert.caffe_hdf5 import ENDINGS as HDF5_ENDINGS
from protonet.convert.caffe_hdf5 import hdf5_list, list_hdf5
from protonet.convert.cifar import cifar_files, is_cifar_name, list_cifar
from protonet.convert.dataset_source import list_dataset
from protonet.convert.datum_database import list_datums
from protonet.convert.delimited import is_table_name, read_delimited
from protonet.convert.files import is_image_name, shown
from protonet.convert.frame import Frame
from protonet.convert.idx_pair import image_files, is_idx_name, list_pairs
from protonet.convert.joining import joined
from protonet.convert.json_lines import is_json_lines_name, read_json_lines
from protonet.convert.level_database import is_leveldb, list_leveldb
from protonet.convert.list_file import EXPECTED, list_file
from protonet.convert.options import ConvertOptions, TableOptions
from protonet.convert.pairs import list_masks, read_texts
from protonet.convert.parquet import read_parquet
from protonet.convert.set_folder import list_folder
from protonet.convert.shards import read_shards, tar_files
from protonet.convert.source import Part
from protonet.convert.table_files import (
    Tables,
    folder_tables,
    is_pattern,
    matched,
    pattern_tables,
)
from protonet.convert.tabulate import tabulate
from protonet.data.open import tables_of
from protonet.errors import DataError, UsageError

Parts = tuple[Part, ...]

_PARQUET = (".parquet", ".pq")


def find_parts(source: Path, options: ConvertOptions) -> Parts:
    """List what `source` holds: one part for each table, or a single one. The table `train` comes
    first.

    Raises: DataError if it does not exist or holds nothing that is known; UsageError if an option
        does not fit.
    """
    parts = list_parts(source, options)
    _check_options(parts, shown(source), options)
    if options.split and len(parts) > 1:
        names = ", ".join(str(part.table) for part in parts)
        raise UsageError(
            f"--split: {shown(source)} holds several sets already, which become the tables "
            f"{names}; to split one of them, convert it by itself"
        )
    return parts


def list_parts(source: Path, options: ConvertOptions) -> Parts:
    """List what `source` holds, as `find_parts` does, whether all options fit or not.

    Raises: DataError if it does not exist or holds nothing that is known; UsageError if paths are
        to begin at a root, and it has none.
    """
    if is_pattern(source):
        parts = _from_pattern(source, options)
    elif not (os.path.exists(source) or _is_dataset(source.parent)):
        raise DataError(f"{shown(source)}: there is no such file or folder")
    else:
        parts = _from_folder(source, options) if source.is_dir() else _from_file(source, options)
    return tuple(sorted(parts, key=lambda part: part.table != "train"))


def _check_options(parts: Parts, where: str, options: ConvertOptions) -> None:
    """Refuse options that nothing here could be changed by."""
    asked = {"--resize": options.resize, "--gray": options.gray, "--encode": options.encode}
    given = [option for option, value in asked.items() if value]
    if given and all(part.images is None for part in parts):
        raise UsageError(f"{given[0]}: {where} holds no images")
    if options.table != TableOptions() and not any(part.tabular for part in parts):
        raise UsageError(
            "--label, --columns, --ignore, --text and what goes with them are for columns; "
            f"{where} has none"
        )


def _is_dataset(place: Path) -> bool:
    """Tell whether a path can be that of a dataset, of which a table is asked for."""
    return os.path.exists(place / "data.mdb") or place.suffix in HDF5_ENDINGS


def _from_pattern(source: Path, options: ConvertOptions) -> Parts:
    """Return what the files hold that a pattern names: shards of tables, or of tar."""
    files = matched(source)
    if all(file.suffix.lower() == ".tar" for file in files):
        return tabulate([read_shards(files, gray=options.gray)], options)
    strange = [file for file in files if not _is_table(file.name)]
    if strange:
        raise UsageError(
            f"{shown(source)}: {shown(strange[0])} is no table; a pattern names CSV, TSV, JSON "
            "lines or Parquet, or WebDataset's tar"
        )
    return _tabulated(pattern_tables(source, files), shown(source), options)


def _from_folder(folder: Path, options: ConvertOptions) -> Parts:
    """Return what the first reader that knows the folder finds in it."""
    if options.root is not None:
        raise _no_paths(folder, options.root)
    for read in _folder_readers(folder, options):
        parts = read()
        if parts:
            return parts
    return list_folder(folder, gray=options.gray)


def _folder_readers(folder: Path, options: ConvertOptions) -> Iterator[Callable[[], Parts]]:
    gray = options.gray
    yield lambda: _database(folder, options)
    yield lambda: list_pairs(image_files(folder))
    yield lambda: _if_any(cifar_files(folder), partial(list_cifar, gray=gray))
    yield lambda: list_arrays(folder, gray=gray) if any(folder.glob(f"*{NPY}")) else ()
    yield lambda: _shard_tables(folder, options)
    yield lambda: _file_tables(folder, options)
    yield lambda: list_masks(folder, gray=gray)
    yield lambda: _texts(folder, options)


def _from_file(file: Path, options: ConvertOptions) -> Parts:
    name = file.name
    if is_image_name(name):
        raise UsageError(f"{shown(file)}: is a single image; expected {EXPECTED}")
    if _is_table(name):
        return tabulate([_frame(file, options)], options)
    if is_plain_list(file):
        return (list_file(file, root=options.root, gray=options.gray, skip=options.skip),)
    if options.root is not None:
        raise _no_paths(file, options.root)
    return _from_records(file, options)


def is_plain_list(file: Path) -> bool:
    """Tell whether a path is that of a file of none of the kinds that have names of their own, nor
    a list of HDF5 files: a list of images, if anything."""
    name, ending = file.name, file.suffix.lower()
    known = (NPZ, NPY, ".tar", *HDF5_ENDINGS)
    own = is_image_name(name) or _is_table(name) or is_idx_name(name) or is_cifar_name(name)
    return not own and ending not in known and os.path.isfile(file) and not hdf5_list(file)


def _from_records(file: Path, options: ConvertOptions) -> Parts:
    name, ending, gray = file.name, file.suffix.lower(), options.gray
    if not os.path.exists(file) or (ending in HDF5_ENDINGS and tables_of(file)):
        return list_dataset(file, options)
    if is_idx_name(name):
        return list_pairs([file])
    if is_cifar_name(name):
        return list_cifar([file], gray=gray)
    if ending in (NPZ, NPY):
        return list_arrays(file, gray=gray)
    if ending == ".tar":
        return tabulate([read_shards([file], gray=gray)], options)
    return (list_hdf5(file),)


def _database(folder: Path, options: ConvertOptions) -> Parts:
    if is_leveldb(folder):
        return (list_leveldb(folder, gray=options.gray),)
    if not (folder / "data.mdb").is_file():
        return ()
    if tables_of(folder):
        return list_dataset(folder, options)
    return (list_datums(folder, gray=options.gray),)


def _shard_tables(folder: Path, options: ConvertOptions) -> Parts:
    files = tar_files(folder)
    return tabulate([read_shards(files, gray=options.gray)], options) if files else ()


def _file_tables(folder: Path, options: ConvertOptions) -> Parts:
    """Read tables that are called after the parts of a set, train.csv, test.csv, or shards."""
    return _tabulated(folder_tables(folder, _is_table), shown(folder), options)


def _tabulated(tables: Tables, where: str, options: ConvertOptions) -> Parts:
    only = len(tables) == 1
    frames = []
    for table in sorted(tables, key=lambda table: table != "train"):
        name = None if only else table
        frames.append(joined([_frame(file, options, name) for file in tables[table]], where))
    return tabulate(frames, options) if frames else ()


def _texts(folder: Path, options: ConvertOptions) -> Parts:
    frame = read_texts(folder, gray=options.gray)
    if frame is None:
        return ()
    table = replace(options.table, text=("text",))
    return tabulate([frame], replace(options, table=table))


def _is_table(name: str) -> bool:
    return is_table_name(name) or is_json_lines_name(name) or name.lower().endswith(_PARQUET)


def _frame(file: Path, options: ConvertOptions, table: str | None = None) -> Frame:
    if is_table_name(file.name):
        return read_delimited(file, options.table.columns, table)
    if is_json_lines_name(file.name):
        return read_json_lines(file, table)
    return read_parquet(file, gray=options.gray, table=table)


def _if_any(files: list[Path], read: Callable[[list[Path]], Parts]) -> Parts:
    return read(files) if files else ()


def _no_paths(source: Path, root: str) -> UsageError:
    return UsageError(f"--root {root}: only a list or a table has paths; {shown(source)} is none")
