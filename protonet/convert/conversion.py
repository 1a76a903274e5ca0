"""`convert`: images, numbers and texts in, a dataset out, complete or not at all."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from protonet import __version__
from protonet.convert.batches import unreadable
from protonet.convert.caffe_tables import CaffeTables, create_caffe_tables
from protonet.convert.duplicates import Duplicates
from protonet.convert.encoded_pictures import Encoding
from protonet.convert.files import shown
from protonet.convert.find import find_parts
from protonet.convert.options import ConvertOptions
from protonet.convert.plan import Plan, check_room, plan
from protonet.convert.rejects import write_report
from protonet.convert.report import Findings, Report, TableReport
from protonet.convert.resizing import shown_resize
from protonet.convert.source import Part, Reject
from protonet.data.open import open_dataset
from protonet.data.table import Tables, create_tables

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
    with _created(destination, options) as tables, _quiet_pillow():
        parts = find_parts(source, options)
        rejects = [reject for part in parts for reject in part.rejects]
        if rejects and not options.skip:
            raise unreadable(rejects, len(rejects) + sum(part.count for part in parts))
        plans = plan(parts, options)
        check_room(plans, destination)
        work = _Work(tables, options, _made_by(source, options), _counted(plans, progress), rejects)
        found = [note for part in parts for note in work.write(part, plans)]
        work.check(plans)
        left_out = write_report(destination, rejects) if options.skip else None
    made = tuple(_reports(tables, plans, destination))
    notes = tuple(dict.fromkeys((*found, *work.duplicates.notes())))  # parts may say the same
    return Report(destination, made, notes, time.monotonic() - started, len(work.rejects), left_out)


@dataclass(frozen=True)
class _Work:
    """What the tables of one conversion have in common.

    Where nothing is to be left out, from the first record on that cannot be read nothing is written
    any more, but all are looked at, so that one run names every bad one.
    """

    tables: Tables | CaffeTables
    options: ConvertOptions
    made_by: dict[str, str]
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
        part = one.part
        writer = self.tables.table(
            one.name,
            one.batches.fields,
            channels=one.batches.channels,
            classes=part.classes,
            made_by=self.made_by,
        )
        self.duplicates.begin(one.name or "", part)
        with closing(one.batches.stream(one.rows, self.options.threads)) as stream:
            for batch in stream:
                findings.add(batch)
                self.rejects.extend(batch.rejects)
                if self.options.skip or not self.rejects:
                    writer.write(batch.arrays)
                    self.duplicates.add(batch)
                self.done(len(batch.indices) + len(batch.rejects))


def _created(
    destination: Path, options: ConvertOptions
) -> AbstractContextManager[Tables | CaffeTables]:
    if options.caffe:
        return create_caffe_tables(destination, force=options.force)
    return create_tables(destination, force=options.force)


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


def _made_by(source: Path, options: ConvertOptions) -> dict[str, str]:
    table = options.table
    chosen = {
        "resize": options.resize and shown_resize(options.resize),
        "encode": options.encode and _shown_encoding(options.encode),
        "gray": options.gray or None,
        "shuffle": options.shuffle,
        "split": options.split and ",".join(f"{name}:{part:g}" for name, part in options.split),
        "root": options.root,
        "limit": options.limit,
        "label": table.label and ",".join(table.label),
        "ignore": ",".join(table.ignore) or None,
        "text": ",".join(table.text) or None,
        "tokens": table.tokens if table.tokens != "words" else None,
        "length": table.length,
        "vocabulary": table.vocabulary,
        "numbers": table.numbers or None,
    }
    facts = {name: str(value) for name, value in chosen.items() if value is not None}
    return {"command": "convert", "source": shown(source), "version": __version__, **facts}


def _shown_encoding(encoding: Encoding) -> str:
    return {"": "kept", "PNG": "png"}.get(encoding.form, f"jpg:{encoding.quality}")


def _reports(
    tables: Tables | CaffeTables, plans: Sequence[Plan], destination: Path
) -> Iterator[TableReport]:
    for one in plans:
        if isinstance(tables, CaffeTables):
            yield TableReport(tables.address(one.name), one.name, tables.header(one.name))
            continue
        address = str(destination) if one.name is None else f"{destination}/{one.name}"
        with open_dataset(address) as dataset:
            yield TableReport(address, one.name, dataset.header)


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings about damaged tags: what matters is an error or a note of ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield
