"""What an import gives: a spec as plain data with its places, and notes on what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protonet.caffe.marked import Marked, mapping
from protonet.caffe.report import Report, place_in_file
from protonet.look.expanded import escaped
from protonet.problems import Mark, Problem
from protonet.source import Origin


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one layer of a prototxt.

    Attributes:
        name: the layer's, in the prototxt.
        type: the layer's, as Caffe has called it since 2014.
        mark: where it stands.
        kind: what it is now.
        names: of the layer, of the inputs, or of the data sets.
    """

    name: str
    type: str
    mark: Mark
    kind: Literal["layer", "inputs", "data"]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """A prototxt, read.

    Attributes:
        origin: the spec as plain data; `protonet.schema.check_spec` makes it a spec, and shows
            errors at lines of the prototxt.
        notes: warnings, each on something of the prototxt that the spec does not hold.
        layers: what became of each layer.
    """

    origin: Origin
    notes: tuple[Problem, ...]
    layers: tuple[Became, ...] = ()


def imported(
    path: Path, sections: Mapping[str, Marked], report: Report, layers: Iterable[Became] = ()
) -> Imported:
    """Return the spec of these sections, the empty ones left out.

    Raises: SpecError with every problem of the report.
    """
    report.stop_at_problems()
    whole = mapping(sections["net"].marks.value)
    for name, section in sections.items():
        if section.data:
            whole.put(name, section, section.marks.value)
    notes = tuple(sorted(report.notes, key=place_in_file))
    data = escaped(whole.data)
    origin = Origin(str(path), path.absolute().parent, data, whole.marks, notes=notes)
    return Imported(origin, notes, tuple(layers))
