"""Parquet: a table in columns, and images within it as Hugging Face's data sets have them.

A column of structs with the keys `bytes` and `path` is an image; whole and other numbers, texts,
truth values and lists of numbers are columns; anything else is left out. It needs pyarrow, which
`pip install protonet[parquet]` brings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

from protonet.convert.files import shown
from protonet.convert.frame import Frame
from protonet.convert.source import Images
from protonet.data.image import Decoded, decode, image_errors
from protonet.errors import DataError, UsageError
from protonet.records import ChannelOrder

_KEPT_GROUPS = 4
_IMAGE_KEYS = {"bytes", "path"}


class PackedImages:
    """The images of a column, read in the groups of rows that the file is stored in, the last few
    of which are kept.

    Args:
        where: the file, for messages.
        file: pyarrow's, open.
        column: name of the column.
        gray: decode to one channel.
    """

    def __init__(self, where: str, file: Any, column: str, gray: bool) -> None:
        self._where, self._file, self._column, self._gray = where, file, column, gray
        groups = range(file.metadata.num_row_groups)
        sizes = (file.metadata.row_group(group).num_rows for group in groups)
        self._starts: list[int] = list(accumulate(sizes, initial=0))
        self._lock = Lock()
        self._group = lru_cache(_KEPT_GROUPS)(self._read)

    def __len__(self) -> int:
        """Return the number of images."""
        return self._starts[-1]

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return "gray" if self._gray else "RGB"

    def name(self, index: int) -> str:
        """Return the file and the image's row in it, from 1."""
        return f"{self._where}:{index + 1}"

    def content(self, index: int) -> bytes:
        """Return the bytes of one image's file.

        Raises: DataError if there are none, or the group of rows cannot be read.
        """
        group = bisect_right(self._starts, index) - 1
        with self._lock:
            data = self._group(group)[index - self._starts[group]].as_py()
        if not data:
            raise DataError(f"{self.name(index)}: has no image")
        return bytes(data)

    def load(self, index: int) -> Decoded:
        """Decode one image.

        Raises: DataError naming the row and why it cannot be decoded.
        """
        with image_errors(self.name(index)):
            return decode(self.content(index), gray=self._gray)

    def _read(self, group: int) -> Any:
        with _arrow_errors(self._where):
            read = self._file.read_row_group(group, columns=[self._column])
        return read.column(0).combine_chunks().field("bytes")


def read_parquet(file: Path, *, gray: bool, table: str | None = None) -> Frame:
    """Read a Parquet file; its images are read when they are asked for.

    Raises: UsageError if pyarrow is not installed; DataError if the file cannot be read.
    """
    where = shown(file)
    opened = _open(file, where)
    images: Images | None = None
    wanted = []
    for name, kind in zip(opened.schema_arrow.names, opened.schema_arrow.types, strict=True):
        if _is_image(kind):
            images = PackedImages(where, opened, name, gray) if images is None else images
        elif _is_column(kind):
            wanted.append(name)
    with _arrow_errors(where):
        read = opened.read(columns=wanted)
    columns = {name: read.column(name).to_pylist() for name in wanted}
    rows = opened.metadata.num_rows
    if not rows or not (columns or images):
        raise DataError(f"{where}: holds no row that a record can be made of")
    lines = range(1, rows + 1)
    return Frame(where, columns, lines, table, images=images, folder=str(file.parent))


def _open(file: Path, where: str) -> Any:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{where}: to read Parquet, pyarrow is needed: pip install protonet[parquet]"
        ) from error
    with _arrow_errors(where):
        return pyarrow.parquet.ParquetFile(file, memory_map=True)


@contextmanager
def _arrow_errors(where: str) -> Iterator[None]:
    """Turn what pyarrow raises into a DataError."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise DataError(f"{where}: cannot be read as Parquet: {why}") from error


def _is_image(kind: Any) -> bool:
    import pyarrow.types as types

    return types.is_struct(kind) and {field.name for field in kind} == _IMAGE_KEYS


def _is_column(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _is_number(kind.value_type)
    if types.is_dictionary(kind):
        return _is_column(kind.value_type)
    return _is_number(kind) or types.is_string(kind) or types.is_large_string(kind)


def _is_number(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))
