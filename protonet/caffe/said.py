"""What the comments of prototxt files are said of, in the spec that they became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from protonet.caffe.comments import WHOLE, attached
from protonet.caffe.opening import is_solver
from protonet.caffe.prototxt import read_prototxt, read_text
from protonet.errors import Path as SpecPath
from protonet.problems import Mark
from protonet.schema import Spec

Said = Mapping[SpecPath, tuple[str, ...]]
"""Comments, a text for each line, by what they are said of: `("net", "layers", 3)`, `("solver",
"base_lr")`; those of the whole file by `()`."""

_SECTIONS: tuple[SpecPath, ...] = (("net", "layers"), ("data",), ("solver",))


def said_of(spec: Spec) -> Said:
    """Return the comments of every prototxt that a part of an imported spec stands in; those of a
    solver's keys that no key stands for are left out."""
    found: dict[SpecPath, list[str]] = {}
    for file, lines in _by_file(spec).items():
        starts = sorted({field.mark.line for field in read_prototxt(file).fields})
        elsewhere: list[SpecPath] = [] if is_solver(file) else [()]
        for line, said in attached(read_text(file), starts).items():
            for path in [()] if line == WHOLE else lines.get(line, elsewhere):
                found.setdefault(path, []).extend(said)
    return {path: tuple(said) for path, said in found.items()}


def files_of(spec: Spec) -> list[Path]:
    """Return every prototxt that a part of an imported spec stands in."""
    return list(_by_file(spec))


def _by_file(spec: Spec) -> dict[Path, dict[int, list[SpecPath]]]:
    """Return what stands in each line of each file, the command line left out."""
    found: dict[Path, dict[int, list[SpecPath]]] = {}
    for path, mark in _places(spec):
        file = Path(mark.source.name)
        if file.is_file():
            found.setdefault(file, {}).setdefault(mark.line, []).append(path)
    return found


def _places(spec: Spec) -> Iterator[tuple[SpecPath, Mark]]:
    """Yield each layer, set and key of the solver, with where it stood."""
    for section in _SECTIONS:
        marks = spec.expanded.marks.find(section)
        for key, below in marks.children.items() if marks else ():
            yield (*section, key), below.key or below.value
