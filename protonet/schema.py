"""The pydantic model of a whole spec, and `load_spec`: the one way from a file to a checked
spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError

from protonet.errors import MOST_SHOWN, PathError, PathErrors, SpecError
from protonet.errors import Path as Path_
from protonet.language import Classes, Expanded, Find, expand, with_bases
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.plugins import with_plugins
from protonet.problems import Problem
from protonet.records import Record, Text, few_suggestions
from protonet.source import Origin, read_source, without_collector
from protonet.spec.data import DataSpec
from protonet.spec.diagnose import MOST_LOCATED, locate, problems_of, unlocated
from protonet.spec.doubts import solver_warnings
from protonet.spec.file_paths import with_whole_paths
from protonet.spec.joints import check_wiring, once
from protonet.spec.kept import sharing_of
from protonet.spec.net import NetSpec
from protonet.spec.net_doubts import net_warnings
from protonet.spec.reports import first_causes, in_order
from protonet.spec.solver import SolverSpec
from protonet.spec.training_only import check_training_only
from protonet.spec.updates import idle_rules

Prove = Callable[[NetSpec], Iterable[PathError]]
"""From a net to the shapes that cannot be."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a spec may refer to beside itself.

    Attributes:
        layers: the layer types by name.
        classes: gives the number of classes of a training set, for `$data.classes`.
        allow_plugins: load the plugins that a base or another file names, too.
        find: finds the files that are named by addresses, `base: zoo://resnet18`.
    """

    layers: Mapping[str, LayerType] = field(default_factory=lambda: LAYERS)
    classes: Classes | None = None
    allow_plugins: bool = False
    find: Find | None = None


CATALOGUE = Tables()
"""protonet's own layer types, and no data."""


class Spec(Record):
    """A whole spec. Only `net` is needed to check or look at a net; `data` and `solver` to train
    it."""

    name: Text | None = None
    """Name of what is trained; runs are kept under it. Left out: the file's name."""
    data: Annotated[dict[str, DataSpec], AfterValidator(check_training_only)] = Field(
        default_factory=dict
    )
    """Sets of samples: `train`, and evaluation sets under any other name."""
    net: NetSpec
    """Inputs and layers."""
    solver: SolverSpec | None = None
    """How the net is trained."""
    _origin: Origin | None = PrivateAttr(default=None)
    _expanded: Expanded | None = PrivateAttr(default=None)
    _tables: Tables = PrivateAttr(default_factory=lambda: CATALOGUE)
    _given: Mapping[str, object] = PrivateAttr(default_factory=dict)

    @property
    def origin(self) -> Origin:
        """Return the text that the spec was read from, with the place of every node."""
        if self._origin is None:
            raise ValueError("this spec was not loaded from a text")
        return self._origin

    @property
    def expanded(self) -> Expanded:
        """Return the text after its blocks and expressions were expanded."""
        if self._expanded is None:
            raise ValueError("this spec was not loaded from a text")
        return self._expanded

    @property
    def tables(self) -> Tables:
        """Return what the spec was checked with."""
        return self._tables

    @property
    def given(self) -> Mapping[str, object]:
        """Return the datasets that a program hands over, by set, for `source: memory`."""
        return self._given

    def with_data(self, given: Mapping[str, object]) -> Spec:
        """Return the spec with datasets that a program hands over, by set."""
        spec = self.model_copy()
        spec._given = given
        return spec

    @property
    def run_name(self) -> str:
        """Return the name under which runs are kept."""
        return self.name or Path(self.origin.name).stem


@few_suggestions()
@without_collector()
def load_spec(
    path: str | Path,
    overrides: Iterable[str] = (),
    *,
    tables: Tables = CATALOGUE,
    prove: Prove | None = None,
) -> Spec:
    """Read and check a spec file.

    Args:
        path: the YAML file.
        overrides: `path=value` texts that change it, `solver.base_lr=0.02`.
        tables: the layer types, and what else a spec may refer to.
        prove: finds the shapes that cannot be (`protonet.net.shape_errors`). It is asked only where
            something else is wrong, so that all problems are reported together.

    Raises: UsageError if there is no such file; SpecError with all problems at once.
    """
    source = read_source(Path(path))
    origin = with_bases(source, allow_plugins=tables.allow_plugins, find=tables.find)
    return check_spec(origin.overridden(overrides), tables, prove)


@few_suggestions()
@without_collector()
def respecified(spec: Spec, overrides: Iterable[str]) -> Spec:
    """Return a spec with overrides applied, checked anew; the given one stays as it is.

    Raises: SpecError with all problems at once.
    """
    return check_spec(spec.origin.overridden(overrides), spec.tables)


def check_spec(origin: Origin, tables: Tables = CATALOGUE, prove: Prove | None = None) -> Spec:
    """Validate the plain data of a spec, whatever text it came from.

    Raises: SpecError with all problems at once.
    """
    layers, refused = with_plugins(origin, tables.layers)
    expanded = expand(origin, tables.classes)
    early = [*origin.problems, *refused, *expanded.problems, *_named_like_types(expanded, layers)]
    early = first_causes(early, early, is_whole=origin.is_whole)
    blocks = expanded.plan.blocks if expanded.plan else ()
    context: dict[str, Any] = {"layers": layers, "plan": expanded.plan, "blocks": blocks}
    problems: list[Problem] = []
    spec, more = None, 0
    try:
        data = with_whole_paths(expanded, origin.folder, layers)
        spec = Spec.model_validate(data, context=context)
        spec._origin, spec._expanded, spec._tables = origin, expanded, tables
        net: NetSpec | None = spec.net
    except ValidationError as error:
        problems, more = problems_of(error, expanded), unlocated(error)
        net = _lenient_net(expanded, context)
    net = net if origin.is_whole else None
    errors = _net_errors(net, prove, len(problems) + len(early))
    problems += [locate(error, expanded) for error in errors[:MOST_LOCATED]]
    more += len(errors[MOST_LOCATED:])
    problems = first_causes(early, problems, is_whole=origin.is_whole)
    if problems or early or spec is None:
        raise SpecError(in_order(early, problems), origin.name, more)
    return spec


@contextmanager
def located(spec: Spec) -> Iterator[None]:
    """Turn errors at a path of the spec into a SpecError with file, line and column."""
    try:
        yield
    except (PathErrors, PathError) as error:
        errors = error.errors if isinstance(error, PathErrors) else (error,)
        problems = [locate(one, spec.expanded) for one in errors]
        raise SpecError(in_order((), problems), spec.origin.name) from error


def warnings_of(spec: Spec) -> list[Problem]:
    """Return what in a spec is legal and probably not meant."""
    doubts = net_warnings(spec.net)
    if spec.solver is not None:
        doubts += solver_warnings(spec.solver)
        sharing = sharing_of(spec.net)
        names = [use.name for uses in sharing.uses.values() for use in uses]
        doubts += idle_rules(spec.solver.params, names)
    return in_order((), [locate(doubt, spec.expanded, "warning") for doubt in doubts])


def _net_errors(net: NetSpec | None, prove: Prove | None, known: int) -> list[PathError]:
    """Return what is wrong between the layers of a net; nothing where as many problems are known
    as are told."""
    if net is None or known > MOST_SHOWN:
        return []
    errors = check_wiring(net)
    if prove and 0 < known + len(errors) <= MOST_SHOWN:
        errors = once([*errors, *prove(net)])
    return errors


def _named_like_types(spec: Expanded, layers: Mapping[str, LayerType]) -> list[Problem]:
    """Return the blocks that have the name of a layer type."""
    names = [name for name in (spec.plan.blocks if spec.plan else ()) if name in layers]
    why = "a layer type has this name, so a block cannot"
    paths: list[Path_] = [("net", "blocks", name) for name in names]
    return [
        Problem("PN033", spec.marks.locate(path, key=True), ".".join(map(str, path)), why)
        for path in paths
    ]


def _lenient_net(origin: Expanded, context: dict[str, Any]) -> NetSpec | None:
    """Return the net with what its layers' types say of their own keys left unchecked, so that its
    wiring can be judged too; None if other keys of it are wrong."""
    try:
        return NetSpec.model_validate(origin.data["net"], context={**context, "lenient": True})
    except (ValidationError, KeyError):
        return None
