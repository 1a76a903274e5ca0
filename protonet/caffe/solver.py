"""A solver prototxt → a whole spec: the section `solver`, and the net it names."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

from protonet.caffe.check import check
from protonet.caffe.context import Context, Shapes, find, places_of
from protonet.caffe.holes import Holes
from protonet.caffe.imported import Imported, imported
from protonet.caffe.merging import merged
from protonet.caffe.net import Sections, translate
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.report import Report
from protonet.caffe.solver_fields import solver_section
from protonet.caffe.text_format import Field, Message
from protonet.caffe.upgrade import upgraded
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
    net: Path | None = None,
    holes: Holes | None = None,
) -> Imported:
    """Read a solver prototxt, and the net it names, as a whole spec.

    The net's file is looked for beside the solver, in the folders above it and in the current one,
    since Caffe's paths start from wherever it is called; last, by its bare name beside the solver.

    Args:
        path: the solver's prototxt.
        shapes: shapes of the net's inputs, as `import_net` takes them.
        layers: the table of layer types.
        net: the file of the net, where it is not the one that the solver names.
        holes: as `import_net` takes them.

    Raises: UsageError if a file is missing, or `shapes` names no input; SpecError with all that
        cannot be imported.
    """
    path = Path(path)
    report = Report(str(path))
    solver = check(read_prototxt(path), "SolverParameter", report)
    context = Context(layers, shapes or {}, report, places_of(path), holes=holes)
    section = solver_section(solver, context)
    if net is not None:
        sections = _net_in(net, path, context)
    elif _names_one_net(solver, report):
        sections = _net_of(solver, path, context)
    report.stop_at_problems()
    parts = {"data": sections.data, "net": sections.net, "solver": section}
    return imported(path, parts, report, sections.layers)


def _names_one_net(solver: Message, report: Report) -> bool:
    fields = [field for name in NETS for field in solver.named(name)]
    if not fields:
        why = f"the solver names no net; one of {', '.join(NETS)} does"
        report.refuse("PN011", solver.mark, "net", why)
    for field in fields[1:]:
        report.refuse("PN015", field.mark, field.name, f"{fields[0].name} names the net already")
    return len(fields) == 1


def _net_of(solver: Message, path: Path, context: Context) -> Sections:
    """Return the sections of the net that is trained, and of the one that is tested with it; note
    what is said of other nets."""
    field = next(field for name in NETS for field in solver.named(name))
    net, places = _read(field, path, context)
    tests = [each for name in ("test_net", "test_net_param") for each in solver.named(name)]
    if field.name.startswith("train_"):
        if tests and not context.report.problems:
            other, more = _read(tests.pop(0), path, context)
            net, places = merged(net, other), (*places, *more)
        else:
            context = replace(context, phases=("train",))
    for each in tests:
        why = "this version tests one net"
        context.report.note(each.mark, each.name, why)
    sections = translate(net, replace(context, places=tuple(dict.fromkeys(places))))
    _note_states(solver, sections.data.data.keys(), context.report)
    return sections


def _read(field: Field, path: Path, context: Context) -> tuple[Message, tuple[Path, ...]]:
    """Return the net that a field holds or names, in the dialect since 2014, and where files are
    looked for that it names itself."""
    if field.name.endswith("_param"):
        return upgraded(message(field), context.report), context.places
    file = _file(field, path, context)
    net = context.checked(read_prototxt(file))
    return upgraded(net, context.report), places_of(path, file)


def _net_in(file: Path, path: Path, context: Context) -> Sections:
    """Return the sections of the net in a file."""
    net = context.checked(read_prototxt(file))
    return translate(net, replace(context, places=places_of(path, file)))


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
