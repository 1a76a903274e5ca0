"""The pydantic model of a whole spec, and `load_spec`: the one way from a file to a checked
spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError

from protonet.errors import PathError, PathErrors, SpecError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.problems import Problem
from protonet.records import Record, Text
from protonet.source import Origin, read_source
from protonet.spec.data import DataSpec
from protonet.spec.diagnose import locate, problems_of
from protonet.spec.net import NetSpec
from protonet.spec.solver import SolverSpec
from protonet.spec.wiring import check_wiring


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
    path: str | Path, overrides: Iterable[str] = (), *, layers: Mapping[str, LayerType] = LAYERS
) -> Spec:
    """Read and check a spec file.

    Args:
        path: the YAML file.
        overrides: `path=value` texts that change it, `solver.base_lr=0.02`.
        layers: the table of layer types.

    Raises: UsageError if there is no such file; SpecError with all problems at once.
    """
    return check_spec(read_source(Path(path), overrides), layers)


def check_spec(origin: Origin, layers: Mapping[str, LayerType] = LAYERS) -> Spec:
    """Validate the plain data of a spec, whatever text it came from.

    Raises: SpecError with all problems at once.
    """
    context: dict[str, Any] = {"layers": layers}
    try:
        spec = Spec.model_validate(origin.data, context=context)
    except ValidationError as error:
        problems = [*problems_of(error, origin), *_wiring_problems(origin, context, error)]
        raise SpecError(_in_order(problems), origin.name) from None
    spec._origin = origin
    with located(spec):
        raise_all(check_wiring(spec.net, layers))
    return spec


@contextmanager
def located(spec: Spec) -> Iterator[None]:
    """Turn errors at a path of the spec into a SpecError with file, line and column."""
    try:
        yield
    except PathErrors as error:
        raise SpecError(
            _in_order(locate(one, spec.origin) for one in error.errors), spec.origin.name
        ) from error
    except PathError as error:
        raise SpecError([locate(error, spec.origin)], spec.origin.name) from error


def raise_all(errors: list[PathError]) -> None:
    """Raise PathErrors where there are any."""
    if errors:
        raise PathErrors(errors)


def _wiring_problems(
    origin: Origin, context: dict[str, Any], error: ValidationError
) -> list[Problem]:
    """Return what is wrong between the layers although single keys are wrong too.

    The net is read once more with layers' own keys unchecked; if other keys of it are wrong, its
    wiring cannot be judged.
    """
    try:
        net = NetSpec.model_validate(origin.data["net"], context={**context, "lenient": True})
    except (ValidationError, KeyError, TypeError):
        return []
    return [locate(one, origin) for one in check_wiring(net, context["layers"])]


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems from the top of the file to its end, those of the command line first."""
    return sorted(
        problems,
        key=lambda one: (
            (one.mark.source.name != "command line", one.mark.line, one.mark.column)
            if one.mark
            else (False, 0, 0)
        ),
    )
