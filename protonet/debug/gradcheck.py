"""Gradients against finite differences in float64, for any net and any layer, without data.

Each layer is compared for itself, on what it reads in the net, so that the layer is named whose
gradient is wrong; then the net as a whole, which tells whether they work together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from protonet.debug.gradcheck_inputs import random_inputs, uses_of
from protonet.debug.gradcheck_layer import Layer, layers_of
from protonet.debug.gradcheck_reach import Edge, Reach
from protonet.debug.gradcheck_report import Fault, Report, Row, Verdict
from protonet.debug.gradcheck_single import check_layer
from protonet.debug.gradcheck_slopes import Options
from protonet.debug.gradcheck_whole import Wanted, check_whole
from protonet.debug.printed import printed
from protonet.errors import UsageError
from protonet.look.forms import axis_names
from protonet.net import Net
from protonet.randomness import key
from protonet.records import suggestion
from protonet.schema import Spec
from protonet.spec.net import BATCH
from protonet.spec.state import Phase
from protonet.spec.wiring import Value

SAMPLES, LENGTH = 2, 4
"""Sizes of the axis N and of other named axes, where none is given."""
_JITTER = 0.1
"""Parameters that are all one number move this far from it: among zeros much cannot be seen."""


@dataclass(frozen=True, slots=True)
class What:
    """What is checked.

    Attributes:
        phase: of the net.
        layer: only the layer of this name; None: the whole net.
        sizes: of named axes, where not 2 for N and 4 for another.
    """

    phase: Phase = "train"
    layer: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)


Watch = Callable[[str], None]
"""Told of each step before it is taken."""


def gradcheck(spec: Spec, what: What, options: Options, watch: Watch = lambda step: None) -> Report:
    """Compare gradients with finite differences.

    Args:
        spec: the spec; only `net` is needed.
        what: which part of it.
        options: how.
        watch: told of each step.

    Raises: PathErrors or PathError if the net cannot be, or cannot be run; UsageError for a layer
        or an axis that it does not have; DataError if a layer refuses random inputs.
    """
    sizes = _sizes(spec, what.sizes)
    net = Net(spec.net, what.phase, seed=options.seed, channels_last=False)
    _check_name(net, what.layer)
    with torch.random.fork_rng(devices=[]), printed(lambda line: None):
        check = _Check(net, sizes, options, watch)
        check.walk(what.layer)
        objective, whole = "", None
        if what.layer is None and not check.faults:
            objective, whole = check.whole()
    name = spec.net.name or spec.run_name
    rows, faults = tuple(check.rows), tuple(check.faults)
    head = (name, what.phase, sizes, objective, options)
    return Report(*head, rows, whole, check.skipped, faults)


class _Check:
    """One walk through a net.

    Args:
        net: in the phase that is checked.
        sizes: of the named axes.
        options: how.
        watch: told of each step.
    """

    def __init__(self, net: Net, sizes: Mapping[str, int], options: Options, watch: Watch) -> None:
        self.net, self.options, self.watch = net, options, watch
        modules = [*net.modules()]
        _make_general(modules, options.seed)
        seed = key(options.seed, "layers") >> 2
        self.layers = layers_of(net.wiring.nodes, net.layers, modules, seed)
        fed = random_inputs(net, sizes, options.seed)
        self.inputs = {net.wiring.inputs[name][0]: tensor for name, tensor in fed.items()}
        uses = uses_of(net, sizes)
        self.indices = {value for value, use in uses.items() if not use.differs}
        self.values = dict(self.inputs)
        self.rows: list[Row] = []
        self.faults: list[Fault] = []
        self.skipped: dict[str, str] = {}
        self.cut: set[Edge] = set()

    def walk(self, only: str | None) -> None:
        """Run the net layer by layer, and check each, or only the one of this name."""
        for layer in self.layers:
            self.watch(f"layer {layer.position + 1} of {len(self.layers)}: {layer.name}")
            is_wanted = only in (None, layer.name)
            if is_wanted and layer.why_not:
                self.skipped[layer.name] = layer.why_not
            if layer.node.tops and not self._run(layer):
                return
            if is_wanted and not layer.why_not:
                self._check(layer)
            if layer.name == only:
                return

    def _run(self, layer: Layer) -> bool:
        """Keep what a layer gives; return whether all of it is finite."""
        tops = layer.first_run([self.values[value] for value in layer.node.bottoms])
        self.values.update(zip(layer.node.tops, tops, strict=True))
        for value, top in zip(layer.node.tops, tops, strict=True):
            bad = top.isfinite().logical_not().nonzero()
            if len(bad):
                place = tuple(bad[0].tolist())
                why = f"{value.blob}{[*place]} is {float(top[place])}, where no slope can be seen"
                self.faults.append(Fault(layer.name, layer.kind.name, why))
                return False
        return True

    def _check(self, layer: Layer) -> None:
        bottoms = [self.values[value] for value in layer.node.bottoms]
        differs = [value not in self.indices for value in layer.node.bottoms]
        found = check_layer(layer, bottoms, differs, self.options)
        if isinstance(found, Fault):
            self.faults.append(found)
            return
        self.rows += found

    def whole(self) -> tuple[str, tuple[Row, ...]]:
        """Return what the whole net's gradients are of, and a row for each input and parameter."""
        self.watch("the whole net")
        for layer in self.layers:
            cut = {row.place for row in self.rows if row.layer == layer.name and row.is_cut}
            places = range(len(layer.node.bottoms))
            self.cut |= {
                (layer.position, place)
                for place in places
                if place in cut or layer.is_stopped(place)
            }
        terms, objective = _objective(self.net, self.values, self.options.seed)
        fed = {
            name: value
            for name in self.net.inputs
            if (value := self.net.wiring.inputs[name][0]) not in self.indices
            and self.inputs[value].is_floating_point()
        }
        learning = {slot.name: slot.tensor for slot in self.net.learnable}
        verdicts: dict[str, Verdict] = {}
        for verdict in ("meant", "wrong"):  # the latter counts where a layer has both
            verdicts |= {row.layer: verdict for row in self.rows if row.verdict == verdict}
        reach = Reach(self.layers, self.inputs, terms, self.cut)
        wanted = Wanted(fed, learning)
        return objective, tuple(check_whole(reach, wanted, verdicts, self.options))


def _sizes(spec: Spec, given: Mapping[str, int]) -> dict[str, int]:
    names = axis_names(spec.net)
    for name in given:
        if name not in names:
            raise UsageError(f"no input of the net has an axis {name}; {suggestion(name, names)}")
    known = {name: SAMPLES if name == BATCH else LENGTH for name in names}
    return {**known, **given}


def _check_name(net: Net, name: str | None) -> None:
    names = [node.layer.name for node in net.wiring.nodes]
    if name is not None and name not in names:
        hint = suggestion(name, names, most=5)
        raise UsageError(f"the net has no layer {name} in phase {net.phase}; {hint}")


def _make_general(modules: Sequence[nn.Module], seed: int) -> None:
    """Move parameters that are one number throughout away from it, and statistics that are 0.

    With weights of 0, Caffe's default, nothing would depend on a bottom; and variances of 0 would
    make a net overflow.
    """
    generator = torch.Generator().manual_seed(key(seed, "values") >> 1)
    with torch.no_grad():
        for tensor in dict.fromkeys(one for module in modules for one in module.parameters()):
            if tensor.numel() and tensor.min() == tensor.max():
                noise = torch.rand(tensor.shape, generator=generator) * 2 - 1
                tensor.add_(noise.to(tensor.dtype), alpha=_JITTER)
        for buffer in (one for module in modules for one in module.buffers()):
            if buffer.is_floating_point() and not buffer.any():
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)


def _objective(
    net: Net, values: Mapping[Value, torch.Tensor], seed: int
) -> tuple[dict[Value, torch.Tensor], str]:
    """Return the values that what is minimised is made of, with their factors, and its name."""
    if net.loss_terms:
        weights = {net.outputs[term.output]: term.weight for term in net.loss_terms}
        named = {value: torch.full_like(values[value], weight) for value, weight in weights.items()}
        return named, "the loss"
    generator = torch.Generator().manual_seed(key(seed, "outputs") >> 1)
    outputs = [value for value in net.outputs.values() if values[value].is_floating_point()]
    factors = {
        value: torch.randn(values[value].shape, generator=generator, dtype=torch.float64)
        for value in outputs
    }
    return factors, "a random weighted sum of the outputs"
