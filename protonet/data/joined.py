"""Datasets read in step: the fields of several as those of one."""

from __future__ import annotations

from collections.abc import Mapping

from protonet.data.cutting import gather_windows
from protonet.data.decoding import Decoding
from protonet.data.decoding_records import decode_records
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Rows
from protonet.data.table import Records
from protonet.windows.plain import Windows


class Joined:
    """Record k is record k of every dataset; what a reader reads where there are several.

    Args:
        columns: name of each field → the dataset that it lies in, and what it is called there.
            There is at least one; all datasets have as many records.

    Attributes:
        header: the fields under their names here.
        path: those of all datasets, for messages.
    """

    def __init__(self, columns: Mapping[str, tuple[Records, str]]) -> None:
        self._columns = dict(columns)
        datasets = list({dataset.path: dataset for dataset, _ in columns.values()}.values())
        self.path = " and ".join(dataset.path for dataset in datasets)
        self.header = Header(
            fields=tuple(_renamed(name, *column) for name, column in columns.items()),
            count=datasets[0].header.count,
            content_hash=" ".join(dataset.header.content_hash for dataset in datasets),
        )

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        """Copy records into the given arrays, as `protonet.data.table.Records` says."""
        for name, array in out.items():
            dataset, field = self._columns[name]
            dataset.gather(rows, {field: array})

    def cut(self, rows: Rows, name: str, windows: Windows, out: Array) -> None:
        """Copy windows of images into an array, as `protonet.data.cutting.Cuts` says."""
        dataset, field = self._columns[name]
        gather_windows(dataset, rows, field, windows, out)

    def decode(
        self, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
    ) -> None:
        """Decode images into an array, as `protonet.data.decoding_records.Decodes` says."""
        dataset, field = self._columns[name]
        decode_records(dataset, rows, field, decoding, positions, out)


def _renamed(name: str, dataset: Records, field: str) -> FieldSpec:
    spec = next(spec for spec in dataset.header.fields if spec.name == field)
    return spec.model_copy(update={"name": name})
