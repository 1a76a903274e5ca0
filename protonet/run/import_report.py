"""What became of a prototxt and its weights, layer by layer, as a person reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protonet.caffe.imported import Became
from protonet.look.table import table
from protonet.problems import Problem
from protonet.run.import_weights import Fitted, Needs

_HEAD = ("layer", "type", "became", "parameters")


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell.

    Attributes:
        layers: of the prototxt.
        needs: what the net wants to be loaded.
        fitted: what became of the weights, where there are any.
        notes: on what the spec does not hold.
        missing: on files that are named and not there.
        holes: types that are unknown, for a plugin to fill.
    """

    layers: Sequence[Became]
    needs: Needs
    fitted: Fitted | None
    notes: Sequence[Problem]
    missing: Sequence[str]
    holes: Collection[str] = ()

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        yield from table([_HEAD, *map(self._row, self.layers)])
        if self.fitted is not None:
            yield ""
            yield from _weights(self.fitted, self.needs)
        if self.notes or self.missing:
            yield ""
        yield from (f"{_line(note)}" for note in self.notes)
        yield from (f"note: {text}" for text in self.missing)

    def _row(self, layer: Became) -> tuple[str, str, str, str]:
        became = {"layer": "", "inputs": "input ", "data": "data."}[layer.kind]
        names = f"{became}{f', {became}'.join(layer.names)}" if layer.names else "nothing"
        uses = self.needs.uses.get(layer.names[0], {}) if layer.kind == "layer" else {}
        cells = (self._parameter(name, owner) for name, owner in uses.items())
        same = layer.kind == "layer" and layer.names == (layer.name,)
        what = "hole" if layer.type in self.holes else "layer"
        return layer.name, layer.type, what if same else names, ", ".join(cells)

    def _parameter(self, name: str, owner: str) -> str:
        shown = f"{name} {_shown(self.needs.shapes[owner])}"
        if self.fitted is None:
            return shown
        if owner in self.fitted.misfit:
            return f"{shown} IS {_shown(self.fitted.misfit[owner])}"
        if owner in self.fitted.missing:
            return f"{shown} MISSING"
        if owner in self.fitted.reshaped:
            return f"{shown} from {_shown(self.fitted.reshaped[owner])}"
        return shown


def _weights(fitted: Fitted, needs: Needs) -> Iterator[str]:
    taken = [name for name in needs.shapes if name in fitted.tensors]
    numbers = sum(fitted.tensors[name].numel() for name in taken)
    yield f"weights: {len(taken)} of {len(needs.shapes)} parameters matched, {numbers:,} numbers"
    if fitted.reshaped:
        yield f"  from another shape that holds the same: {len(fitted.reshaped)}"
    for what, names in (
        ("of another shape in the file", fitted.misfit),
        ("not in the file", fitted.missing),
        ("in the file, and no parameter of the net", _shapes(fitted.dropped)),
    ):
        if names:
            yield f"  {what}: {', '.join(names)}"
    for name, count in fitted.nonfinite().items():
        numel = fitted.tensors[name].numel()
        yield f"warning: {name}: {count:,} of {numel:,} numbers are not finite"


def _shapes(dropped: Mapping[str, tuple[int, ...]]) -> list[str]:
    return [f"{name} {_shown(shape)}" for name, shape in dropped.items()]


def _line(note: Problem) -> str:
    return f"note: {note.mark} {note.path}: {note.why}"


def _shown(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"
