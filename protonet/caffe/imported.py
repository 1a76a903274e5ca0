"""What an import gives: a spec as plain data with its places, and notes on what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from protonet.caffe.marked import Marked, mapping
from protonet.caffe.report import Report
from protonet.problems import Problem
from protonet.source import Origin


@dataclass(frozen=True, slots=True)
class Imported:
    """A prototxt, read.

    Attributes:
        origin: the spec as plain data; `protonet.schema.check_spec` makes it a spec, and shows
            errors at lines of the prototxt.
        notes: warnings, each on something of the prototxt that the spec does not hold.
    """

    origin: Origin
    notes: tuple[Problem, ...]


def imported(path: Path, sections: Mapping[str, Marked], report: Report) -> Imported:
    """Return the spec of these sections, the empty ones left out.

    Raises: SpecError with every problem of the report.
    """
    report.stop_at_problems()
    whole = mapping(sections["net"].marks.value)
    for name, section in sections.items():
        if section.data:
            whole.put(name, section, section.marks.value)
    origin = Origin(str(path), path.absolute().parent, whole.data, whole.marks)
    return Imported(origin, tuple(report.notes))
