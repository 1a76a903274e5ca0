"""`convert`: images and labels in, a dataset out, complete or not at all."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from protonet import __version__
from protonet.convert.batches import Batches, check_one_size, new_batches, unreadable_images
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
    """One table to be written: which records of which part, in order, in which batches."""

    part: Part
    name: str | None
    rows: Indices
    batches: Batches


def convert(
    source: Path, destination: Path, options: ConvertOptions, progress: Progress | None = None
) -> Report:
    """Convert images and labels to a dataset with the fields `data`, (C, H, W) uint8, and `label`.

    Args:
        source: a folder of class folders, or of such folders; a list file; or IDX files
            (`protonet.convert.find`).
        destination: the dataset, ending in .lmdb or .h5; it appears when it is complete, or never.
        options: size, colour, order and split.
        progress: called as records are written.

    Raises: UsageError if an option does not fit, or the destination is there already; DataError if
        an image, label or list is bad, naming every image that cannot be read; StorageError if the
        disk refuses.
    """
    started = time.monotonic()
    with create_tables(destination, force=options.force) as tables, _quiet_pillow():
        parts = find_parts(source, options)
        plans = [plan for part in parts for plan in _plans(part, options)]
        check_one_size([plan.batches for plan in plans])
        work = _Work(tables, options, _made_by(source, options), _counted(plans, progress))
        found = [note for part in parts for note in work.write(part, plans)]
        if work.unreadable:
            raise unreadable_images(work.unreadable, sum(len(plan.rows) for plan in plans))
    made = tuple(_table_report(destination, plan.name) for plan in plans)
    notes = tuple(dict.fromkeys(found))  # two parts may have the same to say
    return Report(destination, made, notes, time.monotonic() - started)


@dataclass(frozen=True)
class _Work:
    """What the tables of one conversion have in common.

    From the first image on that cannot be read nothing is written any more, but all are looked at,
    so that one run names every bad one.
    """

    tables: Tables
    options: ConvertOptions
    made_by: dict[str, str]
    done: Callable[[int], None]
    unreadable: list[str] = field(default_factory=list)

    def write(self, part: Part, plans: list[_Plan]) -> tuple[str, ...]:
        """Write the tables of a part; return what a person should know."""
        findings = Findings(part.images)
        for plan in plans:
            if plan.part is part:
                self._write_table(plan, findings)
        return part.notes + findings.notes()

    def _write_table(self, plan: _Plan, findings: Findings) -> None:
        fields = (
            FieldSpec(name="data", dtype="uint8", shape=plan.batches.shape),
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
        with closing(plan.batches.stream(plan.rows, self.options.threads)) as stream:
            for batch in stream:
                findings.add(batch)
                self.unreadable.extend(batch.unreadable)
                if not self.unreadable:
                    writer.write({"data": batch.data, "label": part.labels[batch.indices]})
                self.done(len(batch.data))


def _plans(part: Part, options: ConvertOptions) -> Iterator[_Plan]:
    rows = order(len(part.labels), options.shuffle)
    batches = new_batches(part.images, options.resize, rows)
    if not options.split:
        yield _Plan(part, part.table, rows, batches)
        return
    tables = split_labels(part.labels, options.split, options.shuffle or 0)
    for number, (name, _) in enumerate(options.split):
        yield _Plan(part, name, rows[tables[rows] == number], batches)


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
    return {"command": "convert", "source": shown(source), "version": __version__, **facts}


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
