"""`convert`: images, numbers and texts in, a dataset out, complete or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from protonet.convert.batches import Batch, unreadable
from protonet.convert.caffe_resuming import CaffeResumption
from protonet.convert.caffe_tables import (
    CaffeTables,
    DatumWriter,
    check_caffe_ending,
    create_caffe_tables,
)
from protonet.convert.duplicates import Duplicates
from protonet.convert.find import find_parts
from protonet.convert.heads import check_unchanged, head_of
from protonet.convert.made_by import made_by
from protonet.convert.options import ConvertOptions
from protonet.convert.plan import Plan, check_room, plan
from protonet.convert.rejects import write_report
from protonet.convert.report import Findings, Report, TableReport
from protonet.convert.resuming import Resumable, Resumption, resumable_tables
from protonet.convert.source import Part, Reject
from protonet.data.open import open_dataset
from protonet.data.place import check_free
from protonet.data.quiet import quiet_pillow
from protonet.data.table import format_of
from protonet.data.writer import TableWriter

Progress = Callable[[int, int], None]
"""Called with the number of records done and of all records."""


def convert(
    source: Path, destination: Path, options: ConvertOptions, progress: Progress | None = None
) -> Report:
    """Convert what `protonet.convert.find` knows to a dataset.

    Args:
        source: a folder, a file or a dataset.
        destination: the dataset, ending in .lmdb or .h5; it appears when it is complete, or never.
        options: size, colour, order and split.
        progress: called as records are written.

    Raises: UsageError if an option does not fit, or the destination is there already; DataError if
        an image, label or line is bad, naming every one that cannot be read, unless they are to be
        left out; StorageError if the disk refuses, or has no room.
    """
    started = time.monotonic()
    with quiet_pillow():
        check_destination(destination, options)
        parts = find_parts(source, options)
        rejects = [reject for part in parts for reject in part.rejects]
        if rejects and not options.skip:
            raise unreadable(rejects, len(rejects) + sum(part.count for part in parts))
        plans = plan(parts, options)
        earlier = _resumption(destination, options, plans, head_of(source, options, plans))
        with _aside(options) as aside, _created(destination, options, earlier, aside) as tables:
            check_room(plans, destination, earlier.stored_bytes())
            work = _Work(tables, source, options, _counted(plans, progress), rejects)
            found = [note for part in parts for note in work.write(part, plans)]
            work.check(plans)
            check_unchanged(source, plans, earlier.head)
            left_out = write_report(destination, rejects) if options.skip else None
    made = tuple(_reports(tables, plans, destination))
    notes = dict.fromkeys((*earlier.notes, *found, *work.duplicates.notes()))  # some say the same
    seconds = time.monotonic() - started
    return Report(destination, made, tuple(notes), seconds, len(work.rejects), left_out)


@dataclass(frozen=True)
class _Work:
    """What the tables of one conversion have in common.

    Where nothing is to be left out, from the first record on that cannot be read nothing is written
    any more, but all are looked at, so that one run names every bad one.
    """

    tables: Resumable | CaffeTables
    source: Path
    options: ConvertOptions
    done: Callable[[int], None]
    rejects: list[Reject]
    duplicates: Duplicates = field(default_factory=Duplicates)

    def write(self, part: Part, plans: Sequence[Plan]) -> tuple[str, ...]:
        """Write the tables of a part; return what a person should know."""
        findings = Findings(part)
        for one in plans:
            if one.part is part:
                self._write_table(one, findings)
        return part.notes + findings.notes()

    def check(self, plans: Sequence[Plan]) -> None:
        """Refuse what could not be read, unless it is left out.

        Raises: DataError.
        """
        if self.rejects and not self.options.skip:
            raise unreadable(self.rejects, sum(len(one.rows) for one in plans))

    def _write_table(self, one: Plan, findings: Findings) -> None:
        facts = made_by(self.source, self.options, one.part)
        writer, recorder, earlier = self.tables.begin(one, facts)
        self.duplicates.begin(one.name or "", one.part)
        for batch in earlier.batches():
            if self._write_batch(batch, writer, findings):
                recorder.add_known(batch)
            self.done(batch.count)
        rest = one.rows[earlier.count :]
        with closing(one.batches.stream(rest, self.options.threads)) as stream:
            for batch in stream:
                if self._write_batch(batch, writer, findings):
                    recorder.add(batch)
                self.done(batch.count)

    def _write_batch(
        self, batch: Batch, writer: TableWriter | DatumWriter, findings: Findings
    ) -> bool:
        """Write a batch, unless something cannot be read and must be; tell whether it was."""
        findings.add(batch)
        self.rejects.extend(batch.rejects)
        wanted = self.options.skip or not self.rejects
        if wanted:
            writer.write(batch.arrays)
            self.duplicates.add(batch)
        return wanted


def check_destination(destination: Path, options: ConvertOptions) -> None:
    """Refuse a destination that nothing can appear at, before anything is read.

    Raises: UsageError if its ending is of no format, or something is there; StorageError if its
        folder does not exist.
    """
    if options.caffe:
        check_caffe_ending(destination)
        return  # whether it is free depends on the names of the tables
    check_free(destination, format_of(destination).file_name, force=options.force)


def _resumption(
    destination: Path, options: ConvertOptions, plans: Sequence[Plan], head: Mapping[str, str]
) -> Resumption | CaffeResumption:
    refused = "--restart says so" if options.restart else None
    if options.caffe:
        return CaffeResumption(plans, head, refused)
    return Resumption(destination, plans, head, refused)


def _aside(options: ConvertOptions) -> AbstractContextManager[Executor | None]:
    """Return a thread for statistics, which would else keep the other ones waiting."""
    if options.threads == 1:
        return nullcontext()
    return ThreadPoolExecutor(1, thread_name_prefix="protonet-statistics")


def _created(
    destination: Path,
    options: ConvertOptions,
    earlier: Resumption | CaffeResumption,
    aside: Executor | None,
) -> AbstractContextManager[Resumable | CaffeTables]:
    if isinstance(earlier, CaffeResumption):
        return create_caffe_tables(destination, earlier, force=options.force)
    return resumable_tables(destination, earlier, force=options.force, aside=aside)


def _counted(plans: Sequence[Plan], progress: Progress | None) -> Callable[[int], None]:
    """Return a function that adds to the records done and tells `progress`, which begins now."""
    total, done = sum(len(one.rows) for one in plans), 0
    if progress:
        progress(0, total)

    def count(added: int) -> None:
        nonlocal done
        done += added
        if progress:
            progress(done, total)

    return count


def _reports(
    tables: Resumable | CaffeTables, plans: Sequence[Plan], destination: Path
) -> Iterator[TableReport]:
    for one in plans:
        if isinstance(tables, CaffeTables):
            yield TableReport(tables.address(one.name), one.name, tables.header(one.name))
            continue
        address = str(destination) if one.name is None else f"{destination}/{one.name}"
        with open_dataset(address) as dataset:
            yield TableReport(address, one.name, dataset.header)
