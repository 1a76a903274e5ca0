"""Watches a step from the inside: what every layer gives, and which gradients arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn

from protonet.net import Net
from protonet.net.axes import Axes
from protonet.net.proof import Leaf
from protonet.optim import Slot
from protonet.run.values import Values
from protonet.spec.net import BATCH
from protonet.step.objective import Batch

_MOST_SAMPLES = 4096
"""Samples that are tried one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What was not finite first.

    Attributes:
        what: it, in words.
        batch: number of the batch in the iteration; None where it is no matter of one batch.
        samples: their places in that batch; None where it cannot be told.
    """

    what: str
    batch: int | None = None
    samples: tuple[int, ...] | None = None


@dataclass(slots=True)
class Given:
    """What one top of a layer held, over all batches and steps."""

    layer: str
    type: str
    top: str
    values: Values


@dataclass(slots=True)
class Watch:
    """What was seen of a step.

    Attributes:
        inputs: what was fed, by name.
        given: what the layers gave, in the order in which they first ran.
        fault: the first input or output that was not finite.
        arrived: the parameters in the order in which their gradients arrived.
        gradient_fault: the first gradient that was not finite.
    """

    net: Net
    inputs: dict[str, Values] = field(default_factory=dict)
    given: dict[tuple[str, int], Given] = field(default_factory=dict)
    fault: Fault | None = None
    arrived: list[str] = field(default_factory=list)
    gradient_fault: Fault | None = None
    _batch: int = -1
    _calls: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def attached(self, slots: Sequence[Slot]) -> Iterator[None]:
        """Watch every layer, and the gradients of these parameters, within the block."""
        with ExitStack() as hooks:
            for leaf in self.net.leaves():
                handle = leaf.module.register_forward_hook(partial(self._look, leaf))
                hooks.callback(handle.remove)
            for slot in slots:
                seen = partial(self._arrive, slot.name)
                hooks.callback(slot.tensor.register_post_accumulate_grad_hook(seen).remove)
            yield

    def fed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches, and look at each before it is used."""
        for batch in batches:
            self._batch += 1
            self._calls.clear()
            for (name, spec), tensor in zip(self.net.input_specs.items(), batch, strict=True):
                self._feed(name, spec.axes(), tensor)
            yield batch

    def _feed(self, name: str, axes: Axes, tensor: Tensor) -> None:
        values = Values.of(tensor)
        self.inputs[name] = self.inputs[name].with_more(values) if name in self.inputs else values
        if self.fault is None and not values.is_finite:
            what = f"the input {name} is not finite"
            self.fault = Fault(what, self._batch, bad_samples(tensor, axes))

    def _look(
        self, leaf: Leaf, module: nn.Module, bottoms: tuple[Tensor, ...], out: object
    ) -> None:
        name = leaf.node.layer.name
        self._calls[name] += 1
        tops = out if isinstance(out, tuple) else (out,)
        for place, top in enumerate(tops[: len(leaf.node.tops)]):
            if isinstance(top, Tensor):
                values = Values.of(top)
                self._note(leaf, place, values)
                if self.fault is None and not values.is_finite:
                    self.fault = self._fault(leaf, place, top, bottoms)

    def _note(self, leaf: Leaf, place: int, values: Values) -> None:
        layer, key = leaf.node.layer, (leaf.node.layer.name, place)
        if key in self.given:
            self.given[key].values = self.given[key].values.with_more(values)
        else:
            self.given[key] = Given(layer.name, layer.type, leaf.node.tops[place].blob, values)

    def _fault(self, leaf: Leaf, place: int, top: Tensor, bottoms: tuple[Tensor, ...]) -> Fault:
        name, calls = leaf.node.layer.name, self._calls[leaf.node.layer.name]
        step = f" in step {calls}" if calls > 1 else ""
        what = f"the output of layer {name} is not finite{step}"
        own = [key for key, one in self.net.params.get(name, {}).items() if not _finite(one)]
        if own:
            what += f", and neither is its {' and its '.join(own)}"
        samples = bad_samples(top, leaf.proof.axes(leaf.node.tops[place]))
        if samples is None and self.net.layers[leaf.node.layer.type].kind == "loss":
            samples = _one_by_one(leaf, place, bottoms)
        return Fault(what, self._batch, samples)

    def _arrive(self, name: str, tensor: Tensor) -> None:
        if name not in self.arrived:
            self.arrived.append(name)
        gradient = tensor.grad
        if self.gradient_fault is None and gradient is not None and not _finite(gradient):
            what = f"the gradient of {name} is not finite, the first on the way back"
            self.gradient_fault = Fault(what, self._batch)


def bad_samples(tensor: Tensor, axes: Axes) -> tuple[int, ...] | None:
    """Return the places along the batch axis where something is not finite; None without one.

    Args:
        tensor: of any shape.
        axes: its axes, the batch axis by its name.
    """
    if BATCH not in axes:
        return None
    own = tensor.detach().movedim(axes.index(BATCH), 0).reshape(tensor.shape[axes.index(BATCH)], -1)
    bad = ~torch.isfinite(own).all(1)  # (N,)
    return tuple(torch.nonzero(bad).flatten().tolist())


def sample_of(tensor: Tensor, axes: Axes, place: int) -> Tensor:
    """Return one sample of a tensor, whose batch axis stays; all of it where it has none."""
    return tensor.narrow(axes.index(BATCH), place, 1) if BATCH in axes else tensor


@torch.no_grad()
def _one_by_one(leaf: Leaf, place: int, bottoms: Sequence[Tensor]) -> tuple[int, ...] | None:
    """Return the samples that a loss is not finite for by themselves; None where it is for all, or
    cannot be asked."""
    axes = [leaf.proof.axes(bottom) for bottom in leaf.node.bottoms]
    sizes = {
        bottom.shape[one.index(BATCH)] for bottom, one in zip(bottoms, axes, strict=True)
        if BATCH in one
    }  # fmt: skip
    if len(sizes) != 1 or (count := sizes.pop()) > _MOST_SAMPLES:
        return None
    found = []
    for sample in range(count):
        cut = [sample_of(*pair, sample) for pair in zip(bottoms, axes, strict=True)]
        try:
            out = leaf.module.forward(*cut)
        except RuntimeError:  # a layer for batches of one size
            return None
        top = out[place] if isinstance(out, tuple) else out
        if not _finite(top):
            found.append(sample)
    return tuple(found) or None


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
