"""NumPy's files: an NPZ of several arrays, a folder of NPY files, or one NPY.

* The name of an array, or of its file, tells its field: x, images, features and inputs are `data`;
  y, labels and targets are `label`; others keep their names. The first axis counts records.
* `x_train` and `x_test`, or `train_x`, become the field of the tables `train` and `test`.
* `data` of uint8, (N, H, W), (N, H, W, 1 or 3) or (N, 1 or 3, H, W), is images. All else is stored
  as it is, element type and shape.
* `label` of whole numbers, (N,) or (N, 1), is classes, int64; of texts, classes by name; of other
  numbers as it is.
Nothing pickled is read, for that would run what the file says.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.convert.array_images import ArrayImages
from protonet.convert.files import shown
from protonet.convert.folder import label_order
from protonet.convert.set_folder import TABLES
from protonet.convert.source import DATA, LABEL, Held, Images, Part, Values, numbered_classes
from protonet.errors import DataError

NPZ, NPY = ".npz", ".npy"

_FIELDS = MappingProxyType(
    {
        **dict.fromkeys(("x", "image", "images", "features", "input", "inputs", "arr_0"), DATA),
        **dict.fromkeys(("y", "labels", "target", "targets", "arr_1"), LABEL),
    }
)
_CHANNELS = (1, 3)
_LARGEST_IMAGE_AXES = 4

Arrays = Mapping[str, npt.NDArray[Any]]


def list_arrays(source: Path, *, gray: bool) -> tuple[Part, ...]:
    """List the arrays of an NPZ, an NPY or a folder of NPYs: one part for each table.

    Raises: DataError if a file cannot be read, or its arrays do not belong together.
    """
    where = shown(source)
    tables: dict[str | None, dict[str, npt.NDArray[Any]]] = {}
    for name, array in _read(source).items():
        table, field = _address(name)
        fields = tables.setdefault(table, {})
        if field in fields:
            raise DataError(f"{where}: two arrays would both become the field {field}; rename one")
        fields[field] = array
    if len(tables) > 1 and None in tables:
        strange = ", ".join(tables[None])
        raise DataError(
            f"{where}: some arrays are of one part of the set, like x_train, and {strange} of none"
        )
    if len(tables) == 1:
        return (_part(next(iter(tables.values())), None, where, gray),)
    return tuple(_part(fields, table, where, gray) for table, fields in tables.items())


def _read(source: Path) -> dict[str, npt.NDArray[Any]]:
    files = sorted(source.glob(f"*{NPY}")) if source.is_dir() else [source]
    found: dict[str, npt.NDArray[Any]] = {}
    for file in files:
        where = shown(file)
        try:
            loaded = np.load(file, mmap_mode="r" if file.suffix == NPY else None)
            if isinstance(loaded, np.ndarray):
                found[DATA if len(files) == 1 else file.stem] = loaded
            else:
                with loaded:
                    found |= {name: loaded[name] for name in loaded.files}
        except OSError as error:
            raise DataError(f"{where}: cannot be read: {error.strerror or error}") from error
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            why = next(iter(str(error).splitlines()), "it is damaged")
            if "allow_pickle" in why:
                why = "it holds pickled objects, which are not read: they would run code"
            raise DataError(f"{where}: cannot be read as NumPy's: {why}") from error
    if not found:
        raise DataError(f"{shown(source)}: holds no array")
    return found


def _address(name: str) -> tuple[str | None, str]:
    """Return the table and the field of an array's name.

    >>> _address("x_train"), _address("y"), _address("test_weights")
    (('train', 'data'), (None, 'label'), ('test', 'weights'))
    """
    first, *middle, last = name.split("_") if "_" in name else (name, "")
    for part, rest in ((last, [first, *middle]), (first, [*middle, last])):
        table = TABLES.get(part.lower())
        if table and rest[0]:
            return table, _field("_".join(rest))
    return None, _field(name)


def _field(name: str) -> str:
    return _FIELDS.get(name.lower(), re.sub(r"[^\w.-]", "_", name, flags=re.ASCII))


def _part(fields: Arrays, table: str | None, where: str, gray: bool) -> Part:
    counts = {name: array.shape[:1] for name, array in fields.items()}
    if len(set(counts.values())) > 1 or () in counts.values():
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in fields.items())
        raise DataError(f"{where}: its arrays have different numbers of records: {shapes}")
    if counts[next(iter(counts))] == (0,):
        raise DataError(f"{where}: its arrays hold no record")
    classes = None
    values: dict[str, Values] = {}
    for name, array in sorted(fields.items(), key=lambda item: item[0] != DATA):
        held = Held(_plain(array, name, where))
        if name == LABEL:
            held, classes = _label(array, where)
        values[name] = held
    images = _images(fields[DATA], where, gray) if DATA in fields else None
    if images is not None:
        del values[DATA]
    return Part(images, values, classes, table)


def _images(array: npt.NDArray[Any], where: str, gray: bool) -> Images | None:
    """Return the images that an array holds, or None."""
    if array.dtype != np.uint8 or not 3 <= array.ndim <= _LARGEST_IMAGE_AXES:
        return None
    if array.ndim == 3:
        return ArrayImages(where, array[:, np.newaxis])
    if array.shape[3] in _CHANNELS and array.shape[1] not in _CHANNELS:
        return ArrayImages(where, array.transpose(0, 3, 1, 2), gray=gray)
    return ArrayImages(where, array, gray=gray) if array.shape[1] in _CHANNELS else None


def _label(array: npt.NDArray[Any], where: str) -> tuple[Held, tuple[str, ...] | None]:
    flat = array[:, 0] if array.shape[1:] == (1,) else array
    if flat.dtype.kind == "U" and flat.ndim == 1:
        names = label_order(set(flat.tolist()))
        places = {name: place for place, name in enumerate(names)}
        return Held(np.array([places[name] for name in flat.tolist()], np.int64)), tuple(names)
    if flat.dtype.kind not in "iu" or flat.ndim != 1:
        return Held(_plain(array, LABEL, where)), None
    numbers = flat.astype(np.int64)
    if int(numbers.min()) < 0:
        return Held(numbers), None
    return Held(numbers), numbered_classes(numbers)


def _plain(array: npt.NDArray[Any], name: str, where: str) -> npt.NDArray[Any]:
    """Return an array in native byte order.

    Raises: DataError if its elements are no numbers.
    """
    if name == LABEL and array.dtype.kind == "U":
        return array
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise DataError(
            f"{where}: the array {name} holds {array.dtype}; whole numbers, floats of up to 64 "
            "bits and truth values can be stored"
        )
    native = array.dtype.newbyteorder("=")
    return array if array.dtype == native else array.astype(native)
