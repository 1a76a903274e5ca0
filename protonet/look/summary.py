"""A net in numbers: per layer and in all, parameters, multiply-adds and memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from protonet.errors import PathErrors, UsageError
from protonet.look.forms import Proved, axis_names, prove_net
from protonet.look.memory import Part, eval_memory, tensors_of, train_memory
from protonet.look.trace import Trace, trace_net, trace_step
from protonet.net.axes import Axes
from protonet.net.modules import present
from protonet.net.proof import Proof
from protonet.records import suggestion
from protonet.schema import Spec
from protonet.spec.data import TRAIN
from protonet.spec.net import BATCH, NetSpec
from protonet.spec.nodes import Body, Node
from protonet.spec.state import Phase

ASSUMED_LENGTH = 100
"""Size of a named axis other than N where none is given."""
_MEASURED: tuple[Phase, ...] = ("train", "test")


@dataclass(frozen=True, slots=True)
class Top:
    """One blob that a layer gives; the axes are named where they follow an input's."""

    blob: str
    axes: Axes
    dtype: str


@dataclass(frozen=True, slots=True)
class Row:
    """One layer.

    Attributes:
        parameters: numbers that it holds and that a gradient can change.
        statistics: numbers that it holds besides.
        shared_with: the layer that owns its parameters, where that is another.
        multiply_adds: per sample; of a layer in the steps of a recurrent one, of all steps.
        activation_bytes: memory of its tops for the whole batch, of all steps; 0 where they are
            views of bottoms.
    """

    name: str
    type: str
    tops: tuple[Top, ...]
    parameters: int
    statistics: int
    shared_with: str | None
    multiply_adds: int
    activation_bytes: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A whole net; what is shared is counted once. `trained` is the part of `parameters` that
    learns."""

    parameters: int
    trained: int
    statistics: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A net in one phase, at one batch size.

    Attributes:
        sizes: of the named axes, N among them.
        per_sample: whether multiply-adds are per sample; else for the shapes as they are written,
            which name no N.
        memory: of training and of testing, in parts; without what cannot be: `train` of a net that
            has no loss.
    """

    name: str
    phase: Phase
    sizes: Mapping[str, int]
    per_sample: bool
    layers: tuple[Row, ...]
    totals: Totals
    memory: Mapping[str, tuple[Part, ...]]


def summarise(
    spec: Spec, phase: Phase = "train", sizes: Mapping[str, int] | None = None
) -> Summary:
    """Return a net in numbers; nothing is allocated.

    Args:
        spec: the spec; only `net` is needed.
        phase: which layers are listed.
        sizes: of named axes; left out: N is the training batch, else 1, another axis 100.

    Raises: PathErrors if the net cannot be; UsageError if a size is of no axis of it.
    """
    at = sizes_of(spec, sizes or {})
    shown, exact = (prove_net(spec.net, phase, given) for given in (None, at))
    trace = trace_net(exact)
    samples = at.get(BATCH, 1)
    rows = tuple(_rows(exact, _Level(exact.wiring.nodes, shown.proof, exact.proof, trace), samples))
    memory = _memory(spec, at, {phase: (exact, trace)})
    name = spec.net.name or spec.run_name
    return Summary(name, phase, at, BATCH in at, rows, _totals(exact, rows), memory)


def sizes_of(spec: Spec, given: Mapping[str, int]) -> dict[str, int]:
    """Return a size for every named axis of the inputs: those given, else the training batch for N
    (1 where there is none) and 100 for another.

    Raises: UsageError if a size is of no axis.
    """
    names = axis_names(spec.net)
    for name in given:
        if name not in names:
            raise UsageError(f"no input of the net has an axis {name}; {suggestion(name, names)}")
    batch = spec.data[TRAIN].batch_size if TRAIN in spec.data else 1
    known = {name: batch if name == BATCH else ASSUMED_LENGTH for name in names}
    return {**known, **given}


@dataclass(frozen=True, slots=True)
class _Level:
    """The net, or one step of a recurrent layer in it.

    Attributes:
        nodes: the layers.
        shown: the proof that shows what follows the named axes.
        exact: the proof at one size of each.
        trace: a pass at these sizes.
        times: how often it is run.
    """

    nodes: Sequence[Node]
    shown: Proof
    exact: Proof
    trace: Trace
    times: int = 1

    def below(self, position: int, body: Body) -> _Level:
        """Return one step of a recurrent layer."""
        shown, exact = self.shown.steps[position], self.exact.steps[position]
        node, (_, place) = self.nodes[position], body.loop.over[0]
        steps = self.exact.shapes[node.bottoms[place]].small.shape[node.layer.params.axis]
        return _Level(body.nodes, shown, exact, trace_step(body, exact), self.times * steps)


def _rows(net: Proved, level: _Level, samples: int) -> Iterator[Row]:
    """Yield a row for each layer; those of a step before the recurrent layer itself."""
    for position, node in enumerate(level.nodes):
        if node.body is not None:
            yield from _rows(net, level.below(position, node.body), samples)
        kind, shapes = net.layers[node.layer.type], level.exact.shapes
        module = level.exact.modules[position]
        held = {name: getattr(module, name) for name in present(kind, module)}
        bottoms, tops = (
            [shapes[value].small for value in side] for side in (node.bottoms, node.tops)
        )
        learnable = [one for one in held.values() if isinstance(one, nn.Parameter)]
        parameters = sum(one.numel() for one in learnable)
        work = kind.multiply_adds(node.layer.params, bottoms, tops)
        yield Row(
            node.layer.name,
            node.layer.type,
            tuple(
                Top(top.blob, level.shown.axes(top), str(shapes[top].dtype).removeprefix("torch."))
                for top in node.tops
            ),
            parameters,
            sum(one.numel() for one in held.values()) - parameters,
            _lender(net, node, held),
            level.times * work // samples,
            level.times * level.trace.new_bytes(node),
        )


def _lender(proved: Proved, node: Node, names: Iterable[str]) -> str | None:
    """Return the other layer under whose name some parameter of this one is stored."""
    owners = (proved.sharing.owner(node.layer.name, name) for name in names)
    lenders = (owner.rpartition("/")[0] for owner in owners)
    return next((lender for lender in lenders if lender != node.layer.name), None)


def _totals(proved: Proved, rows: Iterable[Row]) -> Totals:
    tensors = tensors_of(proved).values()
    return Totals(
        sum(one.meta.numel() for one in tensors if one.learnable),
        sum(one.meta.numel() for one in tensors if one.trained),
        sum(one.meta.numel() for one in tensors if not one.learnable),
        sum(row.multiply_adds for row in rows),
    )


def _memory(
    spec: Spec, sizes: Mapping[str, int], known: Mapping[Phase, tuple[Proved, Trace]]
) -> dict[str, tuple[Part, ...]]:
    memory: dict[str, tuple[Part, ...]] = {}
    for phase in _MEASURED:
        pair = known.get(phase) or _traced(spec.net, phase, sizes)
        if pair and phase == "test":
            memory[phase] = eval_memory(*pair)
        elif pair and _has_loss(pair[0]):
            memory[phase] = train_memory(*pair, spec.solver)
    return memory


def _traced(net: NetSpec, phase: Phase, sizes: Mapping[str, int]) -> tuple[Proved, Trace] | None:
    """Return a phase and its pass; None where the net is not to be in that phase."""
    try:
        proved = prove_net(net, phase, sizes)
    except PathErrors:  # the phase that was asked for is sound, and `check` tells of this one
        return None
    return proved, trace_net(proved)


def _has_loss(proved: Proved) -> bool:
    nodes = proved.wiring.nodes
    return any(
        any(node.layer.loss_weight or ()) or proved.layers[node.layer.type].kind == "loss"
        for node in nodes
    )
