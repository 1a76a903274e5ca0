"""What a reader takes from the fields of a dataset: whole records, windows of images, or samples
that are made of encoded images as they are decoded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from protonet.data.aligned import Memory
from protonet.data.cutting import gather_windows
from protonet.data.decoding import Decoding
from protonet.data.decoding_records import decode_records
from protonet.data.header import FieldSpec
from protonet.data.layout import Array, Rows
from protonet.data.table import Records
from protonet.errors import UsageError
from protonet.records import suggestion
from protonet.windows.plain import WindowFunction


@dataclass(frozen=True)
class Blobs:
    """Gathers what belongs to some records.

    Attributes:
        dataset: where the records are.
        fields: blob → field of the dataset.
        windows: blob → the part of its images that is read, where they are not read whole.
        decodings: blob → how its encoded images become samples of one shape.
        memory: for the arrays.
    """

    dataset: Records
    fields: Mapping[str, str]
    windows: Mapping[str, WindowFunction]
    decodings: Mapping[str, Decoding]
    memory: Memory = field(default_factory=Memory)

    @property
    def record_bytes(self) -> int:
        """Bytes of one record's blobs.

        Raises: UsageError if the dataset lacks a field.
        """
        return sum(self._bytes(blob, self._field(name)) for blob, name in self.fields.items())

    def gather(self, rows: Rows, positions: Rows, before: int) -> dict[str, Array]:
        """Return the blobs of some records.

        Args:
            rows: numbers of the records, (N,).
            positions: where each stands in the stream, (N,).
            before: records that precede them in their block.

        Returns: by blob, (N, *shape), C-contiguous; the channels of decoded images lie last.
        """
        block: dict[str, Array] = {}
        for blob, name in self.fields.items():
            if blob in self.decodings:
                block[blob] = self._decoded(self.decodings[blob], name, rows, positions, before)
                continue
            spec = self._field(name)
            dtype, shape = np.dtype(spec.dtype), spec.shape or ()
            if blob not in self.windows:
                block[blob] = self.memory.take(before, (len(rows), *shape), dtype)
                self.dataset.gather(rows, {name: block[blob]})
                continue
            windows = self.windows[blob](positions)
            shape = (len(rows), *shape[:-2], windows.height, windows.width)
            block[blob] = self.memory.take(before, shape, dtype)
            gather_windows(self.dataset, rows, name, windows, block[blob])
        return block

    def _decoded(
        self, decoding: Decoding, name: str, rows: Rows, positions: Rows, before: int
    ) -> Array:
        channels, height, width = decoding.shape
        shape = (len(rows), height, width, channels)
        samples = self.memory.take(before, shape, np.dtype(np.uint8)).transpose(0, 3, 1, 2)
        decode_records(self.dataset, rows, name, decoding, positions, samples)
        return samples

    def _bytes(self, blob: str, spec: FieldSpec) -> int:
        if blob in self.decodings:
            return math.prod(self.decodings[blob].shape)
        return np.dtype(spec.dtype).itemsize * math.prod(spec.shape or ())

    def _field(self, name: str) -> FieldSpec:
        spec = self.dataset.header.field(name)
        if spec is None:
            known = [field.name for field in self.dataset.header.fields]
            raise UsageError(
                f"{self.dataset.path}: there is no field {name}; {suggestion(name, known)}"
            )
        return spec
