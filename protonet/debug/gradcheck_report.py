"""What a check of gradients finds: a row for each tensor, one for what could not be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protonet.debug.gradcheck_slopes import Options, Slope

Verdict = Literal["right", "wrong", "kinks", "meant", "cut", "held"]
"""Of a tensor: `right`; `wrong`; `kinks`: every place that was looked at is one; `meant`: not the
mathematical gradient, as in Caffe; `cut`: the type gives this bottom none; `held`: the spec asks
for none."""
Role = Literal["bottom", "parameter"]
EVERYWHERE: Literal["all"] = "all"
"""Stands for an element where all elements are moved at once."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The slope that is furthest from its difference: of an element, by its indices, or of all
    elements at once."""

    element: tuple[int, ...] | Literal["all"]
    slope: Slope


@dataclass(frozen=True, slots=True)
class Row:
    """One tensor.

    Attributes:
        layer: the layer's name; empty in the check of the whole net.
        type: the layer's type.
        role: whether the layer reads it or holds it.
        name: of the blob or the parameter.
        place: of a bottom among those that the layer reads.
        elements: how many it has.
        compared: elements whose slopes were compared.
        kinks: elements that were passed over, as the function has a kink there.
        worst: None where nothing was compared.
        verdict: what follows.
        note: why, where that is not plain.
    """

    layer: str
    type: str
    role: Role
    name: str
    elements: int
    verdict: Verdict
    compared: int = 0
    kinks: int = 0
    worst: Worst | None = None
    note: str = ""
    place: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether it is a bottom that gets no gradient."""
        return self.role == "bottom" and self.verdict == "cut"


@dataclass(frozen=True, slots=True)
class Fault:
    """A layer that cannot be compared with differences, and why that is an error.

    Attributes:
        layer: its name.
        type: its type.
        why: what it does.
    """

    layer: str
    type: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole check.

    Attributes:
        name: of the net.
        phase: of the net.
        sizes: of the named axes.
        objective: what the whole net's gradients are of; empty where that was not looked at.
        options: how it was checked.
        layers: each layer for itself, on what it reads in the net.
        whole: the gradients through the whole net; None where that was not asked for or could not
            be.
        skipped: layers without a gradient, by name, with the reason.
        faults: layers that could not be compared.
    """

    name: str
    phase: str
    sizes: Mapping[str, int]
    objective: str
    options: Options
    layers: tuple[Row, ...]
    whole: tuple[Row, ...] | None
    skipped: Mapping[str, str]
    faults: tuple[Fault, ...]

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The rows that are wrong: those of layers, else, where all of those are right, those of
        the whole net."""
        rows = [row for row in self.layers if row.verdict == "wrong"]
        return tuple(rows or [row for row in self.whole or () if row.verdict == "wrong"])

    @property
    def is_right(self) -> bool:
        """Whether no gradient is wrong."""
        return not self.wrong and not self.faults
