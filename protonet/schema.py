"""The pydantic model of a whole spec, and `load_spec`: the one way from a file to a checked
spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError, field_validator

from protonet.errors import PathError, PathErrors, SpecError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.problems import Problem
from protonet.records import Record, Text, custom_error
from protonet.source import COMMAND_LINE, Origin, read_source
from protonet.spec.data import DataSpec
from protonet.spec.diagnose import LATER, locate, problems_of
from protonet.spec.joints import check_wiring, once
from protonet.spec.net import NetSpec
from protonet.spec.solver import SolverSpec

Prove = Callable[[NetSpec, Mapping[str, LayerType]], Iterable[PathError]]
"""From a net and the layer types to the shapes that cannot be."""


class Spec(Record):
    """A whole spec. Only `net` is needed to check or look at a net; `data` and `solver` to train
    it."""

    name: Text | None = None
    """Name of what is trained; runs are kept under it. Left out: the file's name."""
    data: dict[str, DataSpec] = Field(default_factory=dict)
    """Sets of samples: `train`, and evaluation sets under any other name."""
    net: NetSpec
    """Inputs and layers."""
    solver: SolverSpec | None = None
    """How the net is trained."""
    _origin: Origin | None = PrivateAttr(default=None)

    @field_validator("net", mode="before")
    @classmethod
    def _net_of_another_file(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise custom_error("PN016", "kept for the net of another file", LATER)
        return value

    @property
    def origin(self) -> Origin:
        """Return the text that the spec was read from, with the place of every node."""
        if self._origin is None:
            raise ValueError("this spec was not loaded from a text")
        return self._origin

    @property
    def run_name(self) -> str:
        """Return the name under which runs are kept."""
        return self.name or Path(self.origin.name).stem


def load_spec(
    path: str | Path,
    overrides: Iterable[str] = (),
    *,
    layers: Mapping[str, LayerType] = LAYERS,
    prove: Prove | None = None,
) -> Spec:
    """Read and check a spec file.

    Args:
        path: the YAML file.
        overrides: `path=value` texts that change it, `solver.base_lr=0.02`.
        layers: the table of layer types.
        prove: finds the shapes that cannot be (`protonet.net.shape_errors`). It is asked only where
            something else is wrong, so that all problems are reported together.

    Raises: UsageError if there is no such file; SpecError with all problems at once.
    """
    return check_spec(read_source(Path(path), overrides), layers, prove)


def respecified(
    spec: Spec, overrides: Iterable[str], *, layers: Mapping[str, LayerType] = LAYERS
) -> Spec:
    """Return a spec with overrides applied, checked anew; the given one stays as it is.

    Raises: SpecError with all problems at once.
    """
    return check_spec(spec.origin.overridden(overrides), layers)


def check_spec(
    origin: Origin, layers: Mapping[str, LayerType] = LAYERS, prove: Prove | None = None
) -> Spec:
    """Validate the plain data of a spec, whatever text it came from.

    Raises: SpecError with all problems at once.
    """
    context: dict[str, Any] = {"layers": layers}
    problems: list[Problem] = []
    spec = None
    try:
        spec = Spec.model_validate(origin.data, context=context)
        spec._origin = origin
        net: NetSpec | None = spec.net
    except ValidationError as error:
        problems += problems_of(error, origin)
        net = _lenient_net(origin, context)
    errors = check_wiring(net, layers) if net else []
    if net and prove and (errors or problems or origin.problems):
        errors = once([*errors, *prove(net, layers)])
    problems += [locate(error, origin) for error in errors]
    if problems or origin.problems or spec is None:
        raise SpecError(_in_order(origin.problems, problems), origin.name)
    return spec


@contextmanager
def located(spec: Spec) -> Iterator[None]:
    """Turn errors at a path of the spec into a SpecError with file, line and column."""
    try:
        yield
    except (PathErrors, PathError) as error:
        errors = error.errors if isinstance(error, PathErrors) else (error,)
        problems = [locate(one, spec.origin) for one in errors]
        raise SpecError(_in_order((), problems), spec.origin.name) from error


def _lenient_net(origin: Origin, context: dict[str, Any]) -> NetSpec | None:
    """Return the net with what its layers' types say of their own keys left unchecked, so that its
    wiring can be judged too; None if other keys of it are wrong."""
    try:
        return NetSpec.model_validate(origin.data["net"], context={**context, "lenient": True})
    except (ValidationError, KeyError):
        return None


def _in_order(read: Iterable[Problem], judged: Iterable[Problem]) -> list[Problem]:
    """Return the problems from the top of the file to its end, those of the command line first.

    What was refused as it was read, a repeated key or an ambiguous number, is not judged again.
    """
    read = list(read)
    refused = {(problem.mark, problem.code) for problem in read}
    places = {mark for mark, code in refused if code != "PN002"}
    rest = [problem for problem in judged if problem.mark not in places]
    return sorted([*read, *rest], key=_place)


def _place(problem: Problem) -> tuple[int, int, int]:
    mark = problem.mark
    if mark is None or mark.source.name == COMMAND_LINE:
        return 0, 0, 0
    return 1, mark.line, mark.column
