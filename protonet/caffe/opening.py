"""A prototxt on the command line: a net or a solver, with overrides as a spec takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from protonet.caffe.data_layers import PARAM
from protonet.caffe.fields import MESSAGES
from protonet.caffe.holes import Holes
from protonet.caffe.imported import Imported
from protonet.caffe.inputs import INPUT
from protonet.caffe.net import import_net
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.solver import import_solver
from protonet.errors import SpecError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.problems import Mark, SourceText
from protonet.source import Marks, apply_overrides

SUFFIXES = (".prototxt", ".prototext", ".pbtxt", ".textproto")

_INPUTS = ("net", "inputs")


def is_prototxt(path: str | Path) -> bool:
    """Return whether a file is a prototxt, by its name."""
    return Path(path).suffix in SUFFIXES


def is_solver(path: Path) -> bool:
    """Return whether a prototxt is a solver's: by the first field that only a solver or only a net
    has.

    Raises: UsageError if the file cannot be opened; SpecError if it is not text format.
    """
    net, solver = (MESSAGES[name] for name in ("NetParameter", "SolverParameter"))
    for field in read_prototxt(path).fields:
        if (field.name in net) != (field.name in solver):
            return field.name in solver
    return False


def import_prototxt(
    path: Path,
    overrides: Iterable[str] = (),
    *,
    solver: Path | None = None,
    layers: Mapping[str, LayerType] = LAYERS,
    holes: Holes | None = None,
) -> Imported:
    """Read a net's or a solver's prototxt as a spec.

    Args:
        path: the file.
        overrides: `path=value` texts. Those of `net.inputs` are taken into account here, since a
            prototxt cannot say the shape of what a data layer gives.
        solver: a solver that trains the net, whichever it names itself.
        layers: the table of layer types.
        holes: takes layers of unknown types.

    Raises: UsageError, SpecError, as `import_net` and `import_solver`.
    """
    shapes = shapes_of(overrides)
    if solver is not None:
        return import_solver(solver, shapes, layers=layers, net=path, holes=holes)
    imports = import_solver if is_solver(path) else import_net
    return imports(path, shapes, layers=layers, holes=holes)


def holes_of(layers: Mapping[str, LayerType] = LAYERS) -> Holes:
    """Return what takes the layers that are in no table, and are no data layers."""
    return Holes(frozenset({*layers, *PARAM, INPUT}))


def shapes_of(overrides: Iterable[str]) -> dict[str, Any]:
    """Return what the command line says of inputs, by blob.

    Raises: SpecError for one that cannot be read.
    """
    data: dict[str, Any] = {}
    nowhere = Mark(SourceText("command line", ()), 1, 1, 2)
    wanted = [text for text in overrides if is_of_inputs(text)]
    if problems := apply_overrides(data, Marks(nowhere), wanted):
        raise SpecError(problems, "command line")
    inputs = data["net"]["inputs"] if data else {}
    return {blob: value for blob, value in inputs.items() if isinstance(value, list | dict)}


def is_of_inputs(override: str) -> bool:
    """Return whether an override says something of an input of the net."""
    steps = override.partition("=")[0].split(".")
    return tuple(steps[:2]) == _INPUTS and len(steps) > len(_INPUTS)
