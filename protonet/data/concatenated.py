"""Datasets one after the other: the records of several as those of one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from protonet.data.closing import Closing
from protonet.data.cutting import gather_windows
from protonet.data.decoding import Decoding
from protonet.data.decoding_records import decode_records
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Rows
from protonet.data.table import Dataset
from protonet.records import shortened
from protonet.windows.plain import Windows


class Concatenated(Closing):
    """The records of the first dataset, then those of the second, and so on.

    Args:
        parts: at least one; `difference` finds none between them.

    Attributes:
        parts: the datasets.
        header: with the sums of counts, and the mean and deviation over all records.
        path: those of all, for messages.
    """

    def __init__(self, parts: Sequence[Dataset]) -> None:
        self.parts = tuple(parts)
        self.path = " and ".join(part.path for part in parts)
        headers = [part.header for part in parts]
        self._starts = np.cumsum([0, *(header.count for header in headers)])
        mean, std = _statistics(headers)
        counts = [header.class_counts for header in headers if header.class_counts is not None]
        self.header = headers[0].model_copy(
            update={
                "count": int(self._starts[-1]),
                "mean": mean,
                "std": std,
                "class_counts": tuple(map(sum, zip(*counts, strict=True)))
                if len(counts) == len(headers)
                else None,
                "sorted_labels": any(header.sorted_labels for header in headers),
                "content_hash": " ".join(header.content_hash for header in headers),
                "made_by": {},
            }
        )

    def __len__(self) -> int:
        """Return the number of records."""
        return self.header.count

    def __getitem__(self, index: int) -> dict[str, Array]:
        """Return one record, each field a fresh array."""
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"{self.path}: there is no record {index}; there are {count}")
        part, row = self.place(index % count)
        return self.parts[part][row]

    def place(self, row: int) -> tuple[int, int]:
        """Return which part holds a record, and its number there."""
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        return part, row - int(self._starts[part])

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        """Copy records into the given arrays, as `protonet.data.table.Records` says."""
        for part, own, inner in self._split(rows):
            if len(own) == len(rows):
                part.gather(inner, out)
                return
            taken = {
                name: np.empty((len(own), *array.shape[1:]), array.dtype)
                for name, array in out.items()
            }
            part.gather(inner, taken)
            for name, array in taken.items():
                out[name][own] = array

    def cut(self, rows: Rows, name: str, windows: Windows, out: Array) -> None:
        """Copy windows of images into an array, as `protonet.data.cutting.Cuts` says."""
        for part, own, inner in self._split(rows):
            if len(own) == len(rows):
                gather_windows(part, inner, name, windows, out)
                return
            taken = np.empty((len(own), *out.shape[1:]), out.dtype)
            gather_windows(part, inner, name, _chosen(windows, own), taken)
            out[own] = taken

    def decode(
        self, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
    ) -> None:
        """Decode images into an array, as `protonet.data.decoding_records.Decodes` says."""
        for part, own, inner in self._split(rows):
            if len(own) == len(rows):
                decode_records(part, inner, name, decoding, positions, out)
                return
            taken = np.empty((len(own), *out.shape[1:]), out.dtype)
            decode_records(part, inner, name, decoding, positions[own], taken)
            out[own] = taken

    def close(self) -> None:
        """Let go of the files."""
        for part in self.parts:
            part.close()

    def _split(self, rows: Rows) -> Iterator[tuple[Dataset, npt.NDArray[np.intp], Rows]]:
        """Yield each part that holds some of the records, which of them, and their numbers there.

        Raises: IndexError if a row does not exist.
        """
        if not len(rows):
            return
        least, most = int(rows.min()), int(rows.max())
        if least < 0 or most >= len(self):
            strange = least if least < 0 else most
            raise IndexError(f"{self.path}: there is no record {strange}; there are {len(self)}")
        which = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(which).tolist():
            own = np.flatnonzero(which == number)
            yield self.parts[number], own, rows[own] - self._starts[number]


def _chosen(windows: Windows, own: npt.NDArray[np.intp]) -> Windows:
    return replace(
        windows,
        tops=windows.tops[own],
        lefts=windows.lefts[own],
        mirrored=windows.mirrored[own],
    )


def difference(first: Header, other: Header) -> str | None:
    """Return in what two datasets differ that are to be read as one, "the first … and the second
    …"; None if they can be."""
    theirs = {field.name: field for field in other.fields}
    for field in first.fields:
        if field.name not in theirs:
            return f"the first has a field {field.name}, and the second has {', '.join(theirs)}"
        told = _field_difference(field, theirs[field.name])
        if told:
            return f"{field.name} {told}"
    for key, what in (("channels", "channels in the order"), ("classes", "the classes")):
        one, two = getattr(first, key), getattr(other, key)
        if one != two:
            return f"the first has {_shown(what, one)}, and the second {_shown(what, two)}"
    return None


def _field_difference(first: FieldSpec, other: FieldSpec) -> str | None:
    for key, verb in (("kind", "is"), ("dtype", "is stored as"), ("shape", "has the shape")):
        one, two = getattr(first, key), getattr(other, key)
        if one != two:
            shapes = [_shape(value) if key == "shape" else value for value in (one, two)]
            return f"{verb} {shapes[0]} in the first, and {shapes[1]} in the second"
    for key in ("columns", "names"):
        if getattr(first, key) != getattr(other, key):
            return f"has other {key} in the first than in the second"
    return None


def _shape(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "of many sizes"
    return f"({', '.join(map(str, shape))})"


def _shown(what: str, value: tuple[str, ...] | str | None) -> str:
    if value is None:
        return f"no {what.removeprefix('the ').removesuffix(' in the order')}"
    return f"{what} {value if isinstance(value, str) else shortened(value)}"


def _statistics(
    headers: Sequence[Header],
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Return mean and standard deviation of each channel over the records of all; None where one
    has none."""
    if any(header.mean is None or header.std is None for header in headers):
        return None, None
    counts = np.array([header.count for header in headers], np.float64)[:, None]
    means, stds = (np.array([getattr(one, key) for one in headers]) for key in ("mean", "std"))
    mean = (counts * means).sum(0) / counts.sum()
    variance = (counts * (stds**2 + (means - mean) ** 2)).sum(0) / counts.sum()
    return tuple(mean.tolist()), tuple(math.sqrt(value) for value in variance.tolist())
