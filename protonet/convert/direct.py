"""Data read without conversion: whatever can be converted, as an open dataset.

Fields, classes and their order are those that `protonet convert` would write, with two exceptions.
Labels of HDF5 files keep the shape that they have there, as Caffe's HDF5Data reads them; Caffe's
databases name no classes, for that would take reading all of them.

Listing costs as much as `protonet convert` needs before its first record: a folder is walked, a
list is read, and each file is looked at for its size and time, by which a run knows the data again.
Images are then decoded whenever they are read, so that a set that is trained on for long is better
converted.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from protonet.convert.caffe_hdf5 import ENDINGS, hdf5_list, list_hdf5
from protonet.convert.datum_columns import FILE, may_be_own, open_datums, read_facts
from protonet.convert.files import ImageFiles, shown
from protonet.convert.find import is_plain_list, list_parts
from protonet.convert.image_column import FileColumn, ImageColumn, Size
from protonet.convert.list_file import list_file
from protonet.convert.options import ConvertOptions
from protonet.convert.pairs import MaskFiles
from protonet.convert.set_folder import TABLES
from protonet.convert.source import DATA, LABEL, Held, Images, Part
from protonet.convert.values_column import ValuesColumn
from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import IMAGE, Rows
from protonet.data.open import is_hdf5, open_dataset, tables_of
from protonet.errors import DataError, UsageError
from protonet.records import suggestion

_LMDB = ".lmdb"
_NO_DATA = (".yaml", ".yml", ".prototxt", ".caffemodel", ".safetensors", ".py")
"""Endings of files that would be taken for lists of images."""


def always(shape: tuple[int, ...]) -> bool:
    """Say that images of any size are taken."""
    return True


def never(shape: tuple[int, ...]) -> bool:
    """Say that images of one size are."""
    return False


@dataclass(frozen=True)
class Reading:
    """How data are read without conversion; of datasets that are converted nothing can be asked.

    Args:
        root: folder in front of every path of a list; None is the list's own.
        size: width and height that images are scaled to; None: all have one, or `varies`.
        gray: decode to one channel, luma; None: if `takes_gray`, and there are images.
        takes_gray: whether one channel is what the images are wanted for.
        varies: tells, by the shape of the first, whether transforms give images of any size one;
            then files of images are given as they are, each of its own size.
    """

    root: str | None = None
    size: Size | None = None
    gray: bool | None = None
    takes_gray: bool = False
    varies: Callable[[tuple[int, ...]], bool] = never

    @property
    def in_gray(self) -> bool:
        """Whether images are decoded to one channel."""
        return self.takes_gray if self.gray is None else self.gray


@dataclass(frozen=True)
class Direct:
    """What was opened.

    Args:
        dataset: it.
        notes: what a person should know of it, such as files left out.
    """

    dataset: ChunkedDataset
    notes: tuple[str, ...] = ()


def open_directly(path: str, reading: Reading = Reading()) -> Direct:
    """Open a dataset, or whatever `protonet convert` could make one of.

    Args:
        path: of a file or a folder, or `PATH/TABLE` where that holds several tables.
        reading: how.

    Raises: DataError if there is nothing that can be read; UsageError if it cannot be read so.
    """
    return _open(os.path.abspath(path), path, reading)


def _open(path: str, where: str, reading: Reading) -> Direct:
    """Open what lies at an absolute path; messages call it `where`."""
    is_here = os.path.abspath(where) == path  # not so where a pickle came from another folder
    place = Path(where if is_here else path)
    if is_own(place, where):
        _refuse_options(reading, f"{where} is a dataset, whose images are as they were converted")
        return Direct(open_dataset(where))
    if os.path.isfile(os.path.join(path, FILE)):
        if reading.root is not None:
            raise UsageError(f"root_folder: only a list has paths, and {where} is a database")
        return Direct(open_datums(path, where, size=reading.size, gray=reading.in_gray))
    if path.endswith(_NO_DATA):
        return Direct(open_dataset(where))  # which says that it is none
    part, source = _part(place, where, reading)
    if part.rejects:
        raise DataError(f"{part.rejects[0].why}; repair it, or take it out")
    reopen = partial(_reopened, path, where)
    return Direct(_dataset(part, source, where, reading, reopen), part.notes)


def as_dataset(part: Part, source: Path, where: str, reading: Reading) -> ChunkedDataset:
    """Return a part that was listed as a dataset.

    Args:
        part: one table of what was listed.
        source: what was listed.
        where: the table's address, for messages.
        reading: how.

    Raises: DataError if its first image cannot be read.
    """
    folder = os.path.abspath(source)
    path = folder if part.table is None else os.path.join(folder, part.table)
    return _dataset(part, source, where, reading, partial(_reopened, path, where))


def is_own(path: Path, where: str) -> bool:
    """Tell whether a path is that of a dataset or its table, or of nothing, which `open_dataset`
    has the words for."""
    if os.path.isdir(path):
        if os.path.isfile(path / FILE):
            return may_be_own(path, where) and bool(tables_of(path))
        return path.suffix == _LMDB
    if os.path.isfile(path):
        return (path.suffix in ENDINGS or is_hdf5(path)) and bool(tables_of(path))
    return not _has_tables(path)


def _has_tables(path: Path) -> bool:
    """Tell whether a path, where nothing is, can be that of one of several tables."""
    above = path.parent
    is_dataset = os.path.exists(above / FILE) or above.suffix in (_LMDB, *ENDINGS)
    return path.name in TABLES and os.path.exists(above) and not is_dataset


def _refuse_options(reading: Reading, why: str) -> None:
    """Refuse what can be asked of images only."""
    asked = {
        "root_folder": reading.root is not None,
        "new_height": reading.size is not None,
        "is_color": reading.gray is not None,
    }
    given = next((key for key, is_given in asked.items() if is_given), None)
    if given is not None:
        raise UsageError(f"{given}: {why}")


def _part(path: Path, where: str, reading: Reading) -> tuple[Part, Path]:
    """List the one table that is asked for, and return it with what it was found in."""
    if is_plain_list(path):
        listed = list_file(path, root=reading.root, gray=reading.in_gray, option="root_folder")
        return listed, path
    if reading.root is not None:
        raise UsageError(f"root_folder: only a list has paths, and {where} is none")
    is_hdf5_list = os.path.isfile(path) and bool(hdf5_list(path))
    if os.path.exists(path) and (path.suffix in ENDINGS or is_hdf5_list):
        return list_hdf5(path, in_shape=True), path
    options = ConvertOptions(gray=reading.in_gray)
    if not os.path.exists(path):
        return _named(path, where, options), path.parent
    parts = list_parts(path, options)
    if len(parts) > 1:
        addresses = " or ".join(f"{where}/{part.table}" for part in parts)
        raise DataError(f"{where}: it holds {len(parts)} tables; open {addresses}")
    return parts[0], path


def _named(path: Path, where: str, options: ConvertOptions) -> Part:
    """Return the table of this name of what lies above."""
    try:
        parts = list_parts(path.parent, options)
    except (DataError, UsageError):
        parts = ()
    names = [part.table for part in parts if part.table is not None]
    if not names:
        open_dataset(where)  # which says what is near
    if path.name not in names:
        above = os.path.dirname(where)
        raise DataError(f'{above}: it has no table "{path.name}"; {suggestion(path.name, names)}')
    return next(part for part in parts if part.table == path.name)


def _dataset(
    part: Part,
    source: Path,
    where: str,
    reading: Reading,
    reopen: Callable[[Reading], ChunkedDataset],
) -> ChunkedDataset:
    columns: dict[str, Gathering] = {}
    fields: list[FieldSpec] = []
    if part.images is None:
        _refuse_options(reading, f"{where} holds no images")
    else:
        column = _images(part.images, reading.size)
        columns[DATA] = column
        fields.append(_image_field(column, reading))
    for name, values in part.values.items():
        columns[name] = ValuesColumn(name, values)
        fields.append(values.spec(name))
    if part.masks is not None:
        masks = ImageColumn(LABEL, part.masks, reading.size, masks=True)
        columns[LABEL] = masks
        fields.append(_image_field(masks, reading))
    named = LABEL in part.values and np.dtype(part.values[LABEL].spec(LABEL).dtype).kind in "iu"
    labels = part.strata if named and part.classes else None
    header = Header(
        fields=tuple(fields),
        count=part.count,
        channels=part.order,
        classes=part.classes,
        class_counts=None if labels is None else _counts(labels, len(part.classes or ())),
        sorted_labels=labels is not None and bool((np.diff(labels) >= 0).all()),
        content_hash=_identity(part, source),
        made_by=read_facts(where, reading.size),
    )
    varies = any(field.shape is None for field in fields)
    again = replace(reading, varies=always if varies else never)  # which a pickle can hold
    return ChunkedDataset(where, header, columns, partial(reopen, again))


def _reopened(path: str, where: str, reading: Reading) -> ChunkedDataset:
    return _open(path, where, reading).dataset


def _images(images: Images, size: Size | None) -> ImageColumn | FileColumn:
    if size is None and isinstance(images, ImageFiles):
        return FileColumn(DATA, images)
    return ImageColumn(DATA, images, size)


def _image_field(images: ImageColumn | FileColumn, reading: Reading) -> FieldSpec:
    column = images.column
    if not isinstance(images, FileColumn):
        return FieldSpec(name=column.name, dtype="uint8", shape=column.shape)
    shape = None if reading.varies(column.shape) else column.shape
    return FieldSpec(name=column.name, dtype="uint8", shape=shape, kind=IMAGE)


def _counts(labels: Rows, classes: int) -> tuple[int, ...]:
    return tuple(np.bincount(labels, minlength=classes).tolist())


def _identity(part: Part, source: Path) -> str:
    """Return what tells these data from others without reading them: the files that they lie in,
    each by its path from the source, its size and its time; and the labels."""
    digest = hashlib.sha256()
    for file in _files(part, source):
        try:
            status = os.stat(file)
        except OSError as error:
            raise DataError(f"{shown(file)}: cannot be read: {error.strerror}") from error
        name = os.fsencode(os.path.relpath(file, source.parent))
        digest.update(b"%s\0%d %d\n" % (name, status.st_size, status.st_mtime_ns))
    held = (one.array for one in part.values.values() if isinstance(one, Held))
    for array in held:
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    digest.update("\n".join(part.classes or ()).encode())
    return digest.hexdigest()


def _files(part: Part, source: Path) -> Iterable[str | Path]:
    if isinstance(part.images, ImageFiles):
        masks = part.masks.paths if isinstance(part.masks, MaskFiles) else ()
        return (*part.images.paths, *masks)
    if source.is_file():
        return (source, *hdf5_list(source))
    return sorted(path for path in source.rglob("*") if os.path.isfile(path))
