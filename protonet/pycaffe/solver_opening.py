"""A solver's prototxt: its settings, its update rule, and the nets that it names.

Source: Caffe, solver.cpp, InitTrainNet and InitTestNets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from protonet.caffe.check import check
from protonet.caffe.context import Context, find, places_of
from protonet.caffe.imported import imported
from protonet.caffe.marked import leaf, listing, mapping
from protonet.caffe.opening import is_solver
from protonet.caffe.prototxt import read_prototxt, read_text
from protonet.caffe.report import Report
from protonet.caffe.solver import NETS
from protonet.caffe.solver_fields import solver_section
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.caffe.values import message, one, scalar, texts
from protonet.errors import DataError, UsageError
from protonet.layers import LAYERS
from protonet.pycaffe.opening import Opened, open_message, reader_of
from protonet.pycaffe.proto.messages import classes
from protonet.schema import check_spec
from protonet.spec.solver import SolverSpec
from protonet.spec.state import Phase, State

_OLD_TYPE = "solver_type"
_LENGTH = "max_iter"


@dataclass(frozen=True, slots=True)
class OpenedSolver:
    """A solver's prototxt, read.

    Attributes:
        path: the file.
        param: everything that stands in it, as Caffe's message.
        spec: the update rule and the rate.
        train: the net that is trained.
        tests: those that it is tested with, as many as `test_iter` has numbers.
    """

    path: Path
    param: Any
    spec: SolverSpec
    train: Opened
    tests: tuple[Opened, ...]


def open_solver(path: Path, rule: str) -> OpenedSolver:
    """Read a solver's prototxt and the nets that it names.

    Args:
        path: the file.
        rule: the type of the solver that is made of it, whatever its own `type` says; empty: that.

    Raises: UsageError if a file is missing; SpecError with everything that is wrong in one.
    """
    parsed = read_prototxt(path)
    if parsed.fields and not is_solver(path):
        raise UsageError(f"{path}: it is the prototxt of a net, and a solver is made of a solver's")
    report = Report(str(path))
    solver = _of_type(check(parsed, "SolverParameter", report), rule)
    report.stop_at_problems()
    nets = _Nets(solver, path)
    spec = _spec(solver, path, report)
    train = nets.train()
    return OpenedSolver(path, _param(path), spec, train, tuple(nets.tests()))


def _param(path: Path) -> Any:
    param = classes()["SolverParameter"]()
    try:
        text_format.Parse(read_text(path), param)
    except text_format.ParseError as error:
        raise DataError(f"{path}: {error}") from error
    return param


def _of_type(solver: Message, rule: str) -> Message:
    """Return a solver whose type is the one that is made of it."""
    if not rule:
        return solver
    kept = tuple(field for field in solver.fields if field.name not in ("type", _OLD_TYPE))
    written = solver.named("type") or solver.named(_OLD_TYPE)
    mark = written[0].mark if written else solver.mark
    return replace(solver, fields=(*kept, Field("type", Scalar("text", rule, mark), mark)))


def _spec(solver: Message, path: Path, report: Report) -> SolverSpec:
    """Return the solver section, checked beside a net that is only there to be a net."""
    section = solver_section(solver, Context(LAYERS, {}, report, places_of(path)))
    if _LENGTH not in section:  # a program that counts its steps itself needs none
        section.put(_LENGTH, leaf(1, solver.mark), solver.mark)
    net = mapping(solver.mark)
    inputs = mapping(solver.mark)
    inputs.put("none", listing([leaf(1, solver.mark)], solver.mark))
    net.put("inputs", inputs)
    net.put("layers", reader_of(["none"], solver.mark))
    origin = imported(path, {"net": net, "solver": section}, report).origin
    found = check_spec(origin).solver
    assert found is not None  # the section was given
    return found


@dataclass(frozen=True, slots=True)
class _Nets:
    """The nets of a solver.

    Attributes:
        solver: checked.
        path: of its file.
    """

    solver: Message
    path: Path

    def train(self) -> Opened:
        """Return the net that is trained.

        Raises: UsageError if the solver names none or several, or the file is missing.
        """
        fields = [field for name in NETS for field in self.solver.named(name)]
        if len(fields) != 1:
            named = ", ".join(field.name for field in fields) or "none"
            raise UsageError(
                f"{self.path}: a solver names one net to train, by {', '.join(NETS[:-1])} or "
                f"{NETS[-1]}; this one has {named}"
            )
        states = [message(field) for field in self.solver.named("train_state")]
        return self._opened(fields[0], _state("train", states[0] if states else None))

    def tests(self) -> Iterator[Opened]:
        """Yield the nets that are tested: those of their own first, then the one that is trained,
        as often as there are numbers in `test_iter`.

        Raises: UsageError if the numbers of nets, states and `test_iter` do not fit.
        """
        own = [f for name in ("test_net_param", "test_net") for f in self.solver.named(name)]
        shared = [f for name in ("net_param", "net") for f in self.solver.named(name)]
        count = len(self.solver.named("test_iter"))
        states: Sequence[Message | None] = [*map(message, self.solver.named("test_state"))]
        if count < len(own) or (not shared and count != len(own)):
            raise UsageError(
                f"{self.path}: {len(own)} test nets need as many test_iter, not {count}"
            )
        fields = [*own, *shared * (count - len(own))]
        if states and len(states) != len(fields):
            raise UsageError(
                f"{self.path}: {len(states)} test_state for {len(fields)} test nets; give one for "
                "each, or none"
            )
        for field, state in zip(fields, states or [None] * len(fields), strict=True):
            yield self._opened(field, _state("test", state))

    def _opened(self, field: Field, state: State) -> Opened:
        if isinstance(field.value, Message):
            return open_message(field.value, self.path, state)
        file = self._file(field)
        return open_message(read_prototxt(file), file, state)

    def _file(self, field: Field) -> Path:
        """Return a net's file: beside the solver, in a folder above it, in the current one, or by
        its bare name beside the solver."""
        written = str(scalar(field))
        beside, bare = self.path.parent / written, self.path.parent / Path(written).name
        for place in (beside, find(written, places_of(self.path)), bare):
            if place is not None and place.is_file():
                return place
        raise UsageError(
            f"{field.value.mark}: the net {written} is neither beside {self.path.name}, nor in a "
            "folder above it, nor in the current one"
        )


def _state(phase: Phase, written: Message | None) -> State:
    if written is None:
        return State(phase)
    return State(phase, one(written, "level") or 0, frozenset(texts(written, "stage")))
