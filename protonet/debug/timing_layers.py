"""One pass through a net with a look at the clock before and after every layer.

The layers run as they do in training: in their order, on each other's tops, and backward in one run
of autograd. In it the time of a layer begins when the gradient of its first top arrives, and ends
when that of another layer's does.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import fx
from torch.utils.hooks import RemovableHandle

from protonet.debug.timing_clock import Clock
from protonet.net import Net

Milliseconds = dict[str, float]
"""By the name that the graph has for a layer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured.

    Attributes:
        net: in its phase.
        module: the graph that gives its outputs, and does nothing else.
        inputs: a tensor for each input, in their order, on the net's device.
        clock: of that device.
        computing: the context that the forward pass runs in.
    """

    net: Net
    module: fx.GraphModule
    inputs: Sequence[torch.Tensor]
    clock: Clock
    computing: AbstractContextManager[object]


class _Watched(fx.Interpreter):
    """Runs a graph and marks the clock around every layer.

    Args:
        module: the graph.
        clock: what is marked.

    Attributes:
        spans: around each layer's forward, its marks.
        arrivals: the layers in the order in which gradients reach them, with the mark of each.
    """

    def __init__(self, module: fx.GraphModule, clock: Clock) -> None:
        super().__init__(module)
        self.extra_traceback = False  # it rewrites a layer's error: its class, its text, its place
        self._clock = clock
        self.spans: dict[str, tuple[object, object]] = {}
        self.arrivals: list[tuple[str, object]] = []
        self._known: dict[torch.autograd.graph.Node, RemovableHandle] = {}

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one layer."""
        module = self.fetch_attr(target)
        start = self._clock.mark()
        given = module(*args, **kwargs)
        self.spans[target] = (start, self._clock.mark())
        for top in (given,) if isinstance(given, torch.Tensor) else given:
            self._watch(target, top)
        return given

    def _watch(self, target: str, top: torch.Tensor) -> None:
        """Have the gradient's arrival noted, unless a layer above made the same tensor: this one
        only hands it on, and has no work."""
        node = top.grad_fn
        if node is not None and node not in self._known:
            self._known[node] = node.register_prehook(partial(self._arrived, target))

    def forget(self) -> None:
        """Let go of the pass: its nodes and this object hold one another, unseen by Python."""
        for handle in self._known.values():
            handle.remove()
        self._known = {}

    def _arrived(self, target: str, gradients: Any) -> None:
        self.arrivals.append((target, self._clock.mark()))


def time_forward(subject: Subject) -> tuple[Milliseconds, Milliseconds]:
    """Run every layer forward, without gradients; return the times, and no times backward."""
    watched = _Watched(subject.module, subject.clock)
    with torch.no_grad(), subject.computing:
        watched.run(*subject.inputs)
    subject.clock.wait()
    return _forward(watched, subject.clock), {}


def time_both(subject: Subject) -> tuple[Milliseconds, Milliseconds]:
    """Run every layer forward and backward, and return the times of both.

    Gradients are left in the parameters, as after `backward()`.
    """
    clock = subject.clock
    watched = _Watched(subject.module, clock)
    with subject.computing:
        outputs = watched.run(*subject.inputs)
    subject.net.total_loss(outputs).backward()
    end = clock.mark()
    watched.forget()
    clock.wait()
    backward: Milliseconds = dict.fromkeys(watched.spans, 0.0)
    ends = [mark for _, mark in watched.arrivals[1:]] + [end]
    for (target, start), stop in zip(watched.arrivals, ends, strict=True):
        backward[target] += clock.milliseconds(start, stop)
    return _forward(watched, clock), backward


def _forward(watched: _Watched, clock: Clock) -> Milliseconds:
    return {target: clock.milliseconds(*marks) for target, marks in watched.spans.items()}
