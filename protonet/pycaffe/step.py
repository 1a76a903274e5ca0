"""The layers of a net at work: each with its blobs, and which way gradients go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from protonet.net import Net
from protonet.net.modules import present
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.memory import Memory
from protonet.pycaffe.plan import SPLIT, Plan, Stage
from protonet.pycaffe.work import ModuleWork, NoWork, SplitWork, Work
from protonet.spec.nodes import Node


@dataclass(slots=True)
class Layer:
    """One layer of a net.

    Attributes:
        name: of the layer.
        type: of the layer, `Convolution`.
        blobs: its parameters and statistics, in Caffe's order.
        bottoms, tops: what it reads and gives.
        propagate: which bottoms get a gradient.
        runs_backward: whether a backward pass runs it.
        work: what it does.
    """

    name: str
    type: str
    blobs: list[Blob]
    bottoms: list[Blob]
    tops: list[Blob]
    propagate: tuple[bool, ...]
    runs_backward: bool
    work: Work

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: a layer is set up when its net is made."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: the net gives its tops their shapes."""

    def forward(self) -> None:
        """Compute the tops."""
        self.work.forward(self.bottoms, self.tops)


Works = Mapping[str, Work]
"""By layer: what gives the inputs, and what is no torch module."""


def layers_of(
    plan: Plan, net: Net, blobs: Sequence[Blob], known: dict[int, Blob], works: Works
) -> list[Layer]:
    """Return the layers of a net at work.

    Args:
        plan: of the net.
        net: with the modules.
        blobs: by their places in the plan.
        known: blobs of parameters by the identity of their tensors; gains those that are new.
        works: see `Works`.
    """
    modules = list(net.modules())
    ways = _Ways(plan, net, modules)
    made: list[Layer] = []
    for stage in plan.stages:
        propagate = ways.of(stage)
        held: list[Blob] = []
        work = works.get(stage.name)
        if work is None:
            work = SplitWork() if stage.type == SPLIT else NoWork()
            if stage.node is not None:
                work = _module_work(net, stage.node, modules[stage.node], propagate, known)
                held = list(work.blobs)
        made.append(
            Layer(
                stage.name,
                stage.type,
                held,
                [blobs[place] for place in stage.bottoms],
                [blobs[place] for place in stage.tops],
                propagate,
                ways.runs(stage),
                work,
            )
        )
    return made


def _module_work(
    net: Net, place: int, module: nn.Module, propagate: tuple[bool, ...], known: dict[int, Blob]
) -> ModuleWork:
    node = net.wiring.nodes[place]
    names = present(net.layers[node.layer.type], module)
    stored = [net.params[node.layer.name][name] for name in names]
    held: list[tuple[Tensor, Tensor]] = [
        (getattr(module, name), one) for name, one in zip(names, stored, strict=True)
    ]
    blobs = [known.setdefault(id(one), Blob(Memory(one))) for one in stored]
    dtypes = [net.shape(value).dtype for value in node.bottoms]
    return ModuleWork(module, dtypes, propagate, held, blobs)


class _Ways:
    """Which layers and bottoms take part in the way back.

    As in Caffe: what leads to no loss takes no part, and a bottom only if something that learns is
    above it. With `force_backward`, and in a net without a loss, where Caffe would compute nothing,
    every gradient is there.
    """

    def __init__(self, plan: Plan, net: Net, modules: Sequence[nn.Module]) -> None:
        self.net, self.modules = net, modules
        self.forced = net.spec.force_backward or not any(plan.weights)
        self.moving: set[int] = set()
        self.under_loss = {place for place, weight in enumerate(plan.weights) if weight}
        for stage in reversed(plan.stages):
            if self.under_loss.intersection(stage.tops):
                self.under_loss.update(stage.bottoms)

    def of(self, stage: Stage) -> tuple[bool, ...]:
        """Return which bottoms of a layer get a gradient; layers are asked for in order."""
        node = self._node(stage)
        ways = tuple(
            (self.forced or place in self.moving) and self._may(node, number)
            for number, place in enumerate(stage.bottoms)
        )
        if any(ways) or self._learns(stage):
            self.moving.update(stage.tops)
        return ways

    def runs(self, stage: Stage) -> bool:
        """Return whether a layer runs backward; to be asked after `of`."""
        leads = self.forced or bool(self.under_loss.intersection(stage.tops))
        node = self._node(stage)
        is_metric = node is not None and self.net.layers[node.layer.type].kind == "metric"
        return leads and not is_metric and bool(self.moving.intersection(stage.tops))

    def _node(self, stage: Stage) -> Node | None:
        return None if stage.node is None else self.net.wiring.nodes[stage.node]

    def _learns(self, stage: Stage) -> bool:
        return stage.node is not None and any(
            one.requires_grad for one in self.modules[stage.node].parameters()
        )

    def _may(self, node: Node | None, number: int) -> bool:
        """Return whether a layer lets a gradient through to a bottom: not to labels, and not where
        `propagate_down` forbids it."""
        if node is None:
            return True
        flags = node.layer.propagate_down or ()
        if number < len(flags):
            return flags[number]
        kind = self.net.layers[node.layer.type]
        return not (kind.index_targets and kind.is_target(number, len(node.bottoms)))
