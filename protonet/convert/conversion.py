"""`convert`: images and labels in, a dataset out, complete or not at all."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from protonet.convert.batches import Batches, batches_like
from protonet.convert.files import shown
from protonet.convert.find import find_parts
from protonet.convert.options import ConvertOptions
from protonet.convert.order import Indices, order, split_labels
from protonet.convert.report import Findings, Report, TableReport
from protonet.convert.source import Part
from protonet.data.header import FieldSpec
from protonet.data.open import open_dataset
from protonet.data.table import Tables, create_tables

Progress = Callable[[int, int], None]
"""Called with the number of records done and of all records."""


@dataclass(frozen=True)
class _Plan:
    """One table to be written: which records of which part, in order."""

    part: Part
    name: str | None
    rows: Indices


def convert(
    source: Path, destination: Path, options: ConvertOptions, progress: Progress | None = None
) -> Report:
    """Convert images and labels to a dataset with the fields `data`, (C, H, W) uint8, and `label`.

    Args:
        source: a folder of class folders, a list file, or IDX files (`protonet.convert.find`).
        destination: the dataset, ending in .lmdb or .h5; it appears when it is complete, or never.
        options: size, colour, order and split.
        progress: called as records are written.

    Raises: UsageError if an option does not fit, or the destination is there already; DataError if
        an image, label or list is bad; StorageError if the disk refuses.
    """
    started = time.monotonic()
    with create_tables(destination, force=options.force) as tables, _quiet_pillow():
        parts = find_parts(source, options)
        plans = [plan for part in parts for plan in _plans(part, options)]
        work = _Work(tables, options, _made_by(source, options), _counted(plans, progress))
        found = [note for part in parts for note in work.write(part, plans)]
    made = tuple(_table_report(destination, plan.name) for plan in plans)
    return Report(destination, made, tuple(found), time.monotonic() - started)


@dataclass(frozen=True)
class _Work:
    """What the tables of one conversion have in common."""

    tables: Tables
    options: ConvertOptions
    made_by: dict[str, str]
    done: Callable[[int], None]

    def write(self, part: Part, plans: list[_Plan]) -> tuple[str, ...]:
        """Write the tables of a part; return what a person should know."""
        findings = Findings(part.images)
        mine = [plan for plan in plans if plan.part is part]
        batches = batches_like(part.images, self.options.resize, int(mine[0].rows[0]))
        for plan in mine:
            self._write_table(plan, batches, findings)
        return part.notes + findings.notes()

    def _write_table(self, plan: _Plan, batches: Batches, findings: Findings) -> None:
        fields = (
            FieldSpec(name="data", dtype="uint8", shape=batches.shape),
            FieldSpec(name="label", dtype="int64", shape=()),
        )
        part = plan.part
        writer = self.tables.table(
            plan.name,
            fields,
            channels=part.images.channels,
            classes=part.classes,
            made_by=self.made_by,
        )
        with closing(batches.stream(plan.rows, self.options.threads)) as stream:
            for batch in stream:
                writer.write({"data": batch.data, "label": part.labels[batch.indices]})
                findings.add(batch)
                self.done(len(batch.data))


def _plans(part: Part, options: ConvertOptions) -> Iterator[_Plan]:
    rows = order(len(part.labels), options.shuffle)
    if not options.split:
        yield _Plan(part, part.table, rows)
        return
    tables = split_labels(part.labels, options.split, options.shuffle or 0)
    for number, (name, _) in enumerate(options.split):
        yield _Plan(part, name, rows[tables[rows] == number])


def _counted(plans: list[_Plan], progress: Progress | None) -> Callable[[int], None]:
    """Return a function that adds to the records done and tells `progress`."""
    total, done = sum(len(plan.rows) for plan in plans), 0

    def count(added: int) -> None:
        nonlocal done
        done += added
        if progress:
            progress(done, total)

    return count


def _made_by(source: Path, options: ConvertOptions) -> dict[str, str]:
    chosen = {
        "resize": options.resize and "{}x{}".format(*options.resize),
        "gray": options.gray or None,
        "shuffle": options.shuffle,
        "split": options.split and ",".join(f"{name}:{part:g}" for name, part in options.split),
        "root": options.root,
    }
    facts = {name: str(value) for name, value in chosen.items() if value is not None}
    return {"command": "convert", "source": shown(source), **facts}


def _table_report(destination: Path, name: str | None) -> TableReport:
    address = str(destination) if name is None else f"{destination}/{name}"
    with open_dataset(address) as dataset:
        return TableReport(address, name, dataset.header)


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings about damaged tags: what matters is an error or a note of ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield
