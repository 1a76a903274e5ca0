"""What a dataset says about itself: its fields, its size, its classes, its statistics.

The header is stored as JSON beside the records, the same in LMDB and HDF5, so that the two formats
hold the same tables and can be exchanged.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from protonet.errors import DataError
from protonet.records import ChannelOrder, Count, Number, Record, Size, Text

FORMAT_VERSION = 1
"""Grows when an older protonet could no longer read what this one writes."""


class FieldSpec(Record):
    """One column of a dataset."""

    name: Text
    """Name of the field; the net's input of the same name reads it."""
    dtype: Text
    """NumPy name of the element type, `uint8`, `int64`, `float32`."""
    shape: tuple[Size, ...] | None
    """Shape of one record without the batch axis; null where it differs from record to record."""
    kind: Literal["fixed", "variable", "image"] = "fixed"
    """`fixed`: one shape for all; `variable`: each of its own shape; `image`: a JPEG's or PNG's
    bytes."""
    columns: tuple[str, ...] | None = None
    """Name of each number along the first axis of a record, where it has any: the columns of a
    table."""
    names: tuple[str, ...] | None = None
    """What each number stands for, from 0: the values of a categorical column, or the tokens of a
    text."""

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out names that there are none of: most fields have none."""
        values: dict[str, Any] = handler(self)
        return {
            key: value
            for key, value in values.items()
            if value is not None or key not in ("columns", "names")
        }


class Header(Record):
    """A dataset's own description.

    Shapes are (C, H, W) for images. Statistics are in the units of the stored values (0 to 255 for
    uint8).
    """

    version: Count = FORMAT_VERSION
    """Version of the format."""
    fields: tuple[FieldSpec, ...]
    """The columns, in the order in which they were written."""
    count: Size
    """Number of records."""
    channels: ChannelOrder | None = None
    """Order of the channels of the image field; null where there is no image."""
    classes: tuple[str, ...] | None = None
    """Name of each class; the label is the position in this list. Null where there are no
    classes."""
    class_counts: tuple[Size, ...] | None = None
    """Number of records of each class."""
    mean: tuple[Number, ...] | None = None
    """Mean of each channel of the first field over all records and pixels."""
    std: tuple[Number, ...] | None = None
    """Standard deviation of each channel, like `mean`."""
    sorted_labels: bool = False
    """True where the labels never decrease from record to record, so that unshuffled training
    would suffer."""
    content_hash: Text
    """SHA-256 (hexadecimal) over fields, classes and all records in order; the same in every
    format."""
    made_by: dict[str, str] = Field(default_factory=dict)
    """How the dataset was made: the command, the source, the version."""

    def field(self, name: str) -> FieldSpec | None:
        """Return the column of this name, or None."""
        return next((field for field in self.fields if field.name == name), None)


class _AnyHeader(BaseModel):
    """What the headers of all versions have; a later one's other keys may be unknown here."""

    version: Count = FORMAT_VERSION


def read_header(text: bytes | str, where: str) -> Header:
    """Parse a stored header.

    Raises: DataError if it is no header, or was written by a newer protonet.
    """
    try:
        version = _AnyHeader.model_validate_json(text).version
        if version > FORMAT_VERSION:
            raise DataError(
                f"{where}: format version {version} is newer than this protonet reads "
                f"({FORMAT_VERSION}); upgrade protonet, or convert the data again"
            )
        return Header.model_validate_json(text)
    except ValidationError as error:
        raise DataError(
            f"{where}: the header is damaged or not protonet's; convert the data again"
        ) from error
