"""A solver prototxt → a whole spec: the section `solver`, and the net it names."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

from protonet.caffe.check import check
from protonet.caffe.context import Context, Shapes, find, places_of
from protonet.caffe.imported import Imported, imported
from protonet.caffe.net import Sections, translate
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.report import Report
from protonet.caffe.solver_fields import solver_section
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import message, scalar, texts
from protonet.errors import UsageError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType

NETS = ("net", "net_param", "train_net", "train_net_param")
"""The fields that name the net which is trained; exactly one of them stands in a solver."""


def import_solver(
    path: str | Path,
    shapes: Shapes | None = None,
    *,
    layers: Mapping[str, LayerType] = LAYERS,
) -> Imported:
    """Read a solver prototxt, and the net it names, as a whole spec.

    The net's file is looked for beside the solver, in the folders above it and in the current one,
    since Caffe's paths start from wherever it is called; last, by its bare name beside the solver.

    Args:
        path: the solver's prototxt.
        shapes: shapes of the net's inputs, as `import_net` takes them.
        layers: the table of layer types.

    Raises: UsageError if a file is missing, or `shapes` names no input; SpecError with all that
        cannot be imported.
    """
    path = Path(path)
    report = Report(str(path))
    solver = check(read_prototxt(path), "SolverParameter", report)
    context = Context(layers, shapes or {}, report, places_of(path))
    section = solver_section(solver, context)
    if _names_one_net(solver, report):
        sections = _net_of(solver, path, context)
    report.stop_at_problems()
    return imported(path, {"data": sections.data, "net": sections.net, "solver": section}, report)


def _names_one_net(solver: Message, report: Report) -> bool:
    fields = [field for name in NETS for field in solver.named(name)]
    if not fields:
        why = f"the solver names no net; one of {', '.join(NETS)} does"
        report.refuse("PN011", solver.mark, "net", why)
    for field in fields[1:]:
        report.refuse("PN015", field.mark, field.name, f"{fields[0].name} names the net already")
    return len(fields) == 1


def _net_of(solver: Message, path: Path, context: Context) -> Sections:
    """Return the sections of the net that is trained, and note what is said of other nets."""
    field = next(field for name in NETS for field in solver.named(name))
    if field.name.startswith("train_"):
        context = replace(context, phases=("train",))
    if field.name.endswith("_param"):
        sections = translate(message(field), context)
    else:
        file = _file(field, path, context)
        net = check(read_prototxt(file), "NetParameter", context.report)
        sections = translate(net, replace(context, places=places_of(path, file)))
    for name in ("test_net", "test_net_param"):
        for other in solver.named(name):
            why = f"this version tests the net it trains: {field.name}"
            context.report.note(other.mark, name, why)
    _note_states(solver, sections.data.data.keys(), context.report)
    return sections


def _file(field: Field, path: Path, context: Context) -> Path:
    """Return the file that a field names.

    Raises: UsageError if there is none.
    """
    written = str(scalar(field))
    if (path.parent / written).exists():  # not made absolute, for errors show it
        return path.parent / written
    if found := find(written, context.places):
        return found
    beside = path.absolute().parent / Path(written).name
    if not beside.is_file():
        raise UsageError(
            f"{field.value.mark}: the net {written} is neither beside {path.name}, nor in a folder "
            "above it, nor in the current one"
        )
    context.report.note(field.value.mark, field.name, f"{written} is missing, {beside} is taken")
    return beside


def _note_states(solver: Message, sets: Set[str], report: Report) -> None:
    """Note the states that no data set stands for: one that is named as a stage sets that stage."""
    for field in solver.named("train_state"):
        why = "the stages and levels of protonet's training net are those of the net itself"
        report.note(field.mark, field.name, why)
    for field in solver.named("test_state"):
        state = message(field)
        stages = texts(state, "stage")
        if state.named("level") or len(stages) > 1 or not sets >= set(stages):
            why = "protonet tests once for each evaluation set, which may set one stage"
            report.note(field.mark, field.name, why)
