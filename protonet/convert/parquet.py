"""Parquet: a table in columns, and images within it as Hugging Face's data sets have them.

A column of structs with the keys `bytes` and `path` is an image; whole and other numbers, texts,
truth values and lists of numbers are columns; anything else is left out. It needs pyarrow, which
`pip install protonet[parquet]` brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.convert.files import shown
from protonet.convert.frame import Frame
from protonet.convert.source import Images
from protonet.data.image import Decoded, decode, image_errors
from protonet.errors import DataError, UsageError
from protonet.records import ChannelOrder

_IMAGE_KEYS = {"bytes", "path"}


@dataclass(frozen=True)
class PackedImages:
    """Images whose files' bytes lie in memory.

    Args:
        where: what they lie in, for messages.
        data: Arrow's column of bytes, which is not copied.
        gray: decode to one channel.
    """

    where: str
    data: Any
    gray: bool

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.data)

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return "gray" if self.gray else "RGB"

    def name(self, index: int) -> str:
        """Return the file and the image's row in it, from 1."""
        return f"{self.where}:{index + 1}"

    def content(self, index: int) -> bytes:
        """Return the bytes of one image's file.

        Raises: DataError if there are none.
        """
        data = self.data[index].as_py()
        if not data:
            raise DataError(f"{self.name(index)}: has no image")
        return bytes(data)

    def load(self, index: int) -> Decoded:
        """Decode one image.

        Raises: DataError naming the row and why it cannot be decoded.
        """
        with image_errors(self.name(index)):
            return decode(self.content(index), gray=self.gray)


def read_parquet(file: Path, *, gray: bool, table: str | None = None) -> Frame:
    """Read a Parquet file.

    Raises: UsageError if pyarrow is not installed; DataError if the file cannot be read.
    """
    where = shown(file)
    read = _read(file, where)
    images: Images | None = None
    columns: dict[str, list[object]] = {}
    for name, kind in zip(read.schema.names, read.schema.types, strict=True):
        values = read.column(name)
        if _is_image(kind):
            data = values.combine_chunks().field("bytes")
            images = PackedImages(where, data, gray) if images is None else images
        elif _is_column(kind):
            columns[name] = values.to_pylist()
    if not read.num_rows or not (columns or images):
        raise DataError(f"{where}: holds no row that a record can be made of")
    lines = range(1, read.num_rows + 1)
    return Frame(where, columns, lines, table, images=images, folder=str(file.parent))


def _read(file: Path, where: str) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{where}: to read Parquet, pyarrow is needed: pip install protonet[parquet]"
        ) from error
    try:
        return pyarrow.parquet.read_table(file, partitioning=None)
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
