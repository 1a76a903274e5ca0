"""What a net costs: each layer forward and backward, and the whole of it, in milliseconds.

The layers and the whole are measured in turn, iteration by iteration, so that both meet the same
machine; the whole has no look at the clock inside.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from protonet.debug.timing_clock import clock_of
from protonet.debug.timing_layers import Milliseconds, Subject, time_both, time_forward
from protonet.errors import UsageError
from protonet.net import Net
from protonet.net.axes import Axes
from protonet.net.graph import identifiers
from protonet.spec.net import BATCH

Progress = Callable[[int, int], None]
Pass = tuple[float, float | None, float]
"""Milliseconds forward, backward, and of both; None where nothing is run backward."""

_LEAST_WARM_UP = 3
"""Passes in which memory is asked for, and kernels are chosen."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds over the iterations."""

    mean: float
    median: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one number."""
        return cls(statistics.fmean(values), statistics.median(values))


@dataclass(frozen=True, slots=True)
class LayerTime:
    """One layer; `backward` is None where none is measured."""

    name: str
    type: str
    tops: tuple[Axes, ...]
    forward: Spread
    backward: Spread | None

    @property
    def total(self) -> float:
        """The median forward and backward together."""
        return self.forward.median + (self.backward.median if self.backward else 0.0)


@dataclass(frozen=True, slots=True)
class WholeTime:
    """A net as a whole; `both` is measured, not added up."""

    forward: Spread
    backward: Spread | None
    both: Spread


@dataclass(frozen=True, slots=True)
class Compiled:
    """The net as torch.compile makes it: its times and the seconds of its first pass, or why there
    is none."""

    whole: WholeTime | None
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a net costs in one phase.

    Attributes:
        samples: in a batch; None where the inputs name no N.
        iterations: that were measured.
        layers: in the order in which they run, those that run.
        added: their times, added up in each iteration.
        whole: the net without a look at the clock inside.
        compiled: None where it was not asked for.
    """

    samples: int | None
    iterations: int
    layers: tuple[LayerTime, ...]
    added: WholeTime
    whole: WholeTime
    compiled: Compiled | None

    def share(self, layer: LayerTime) -> float:
        """Return a layer's part of what all layers take, by the medians."""
        return layer.total / (sum(one.total for one in self.layers) or 1.0)


def measure_times(
    net: Net,
    inputs: Sequence[torch.Tensor],
    iterations: int,
    *,
    computing: AbstractContextManager[object] | None = None,
    compiled: bool = False,
    progress: Progress = lambda done, total: None,
) -> Timing:
    """Measure a net: forward and backward in phase train where there is a loss, else forward alone
    and without gradients.

    Args:
        net: the net.
        inputs: a tensor for each input, in their order, on the net's device.
        iterations: that are measured, at least 1; a tenth as many, at least 3, go before them.
        computing: a context for the forward pass, which can be entered again: autocast, say.
        compiled: measure the net as torch.compile makes it, too.
        progress: takes the iterations done, and all.

    Raises: UsageError if the net gives nothing, so that none of its layers would run.
    """
    if not net.outputs:
        raise UsageError(f"the net gives no blob in phase {net.phase}, so there is nothing to time")
    module = net.giving(net.outputs)
    subject = Subject(net, module, inputs, clock_of(net.device), computing or nullcontext())
    layered, whole = _iterate(subject, iterations, progress)
    return Timing(
        _samples(net, inputs),
        iterations,
        tuple(_layer_times(net, layered)),
        _spread([_added(*times) for times in layered]),
        _spread(whole),
        _time_compiled(subject, iterations) if compiled else None,
    )


def is_trained(net: Net) -> bool:
    """Return whether a net is run backward, too."""
    return net.phase == "train" and bool(net.loss_terms) and bool(net.learnable)


def _iterate(
    subject: Subject, iterations: int, progress: Progress
) -> tuple[list[tuple[Milliseconds, Milliseconds]], list[Pass]]:
    """Return the times of the layers and of the whole, for each iteration."""
    warm_up = max(_LEAST_WARM_UP, iterations // 10)
    time_layers = time_both if is_trained(subject.net) else time_forward
    layered, whole = [], []
    for iteration in range(warm_up + iterations):
        _forget_gradients(subject.net)
        layered.append(time_layers(subject))
        whole.append(_time_whole(subject, subject.module))
        progress(iteration + 1, warm_up + iterations)
    return layered[warm_up:], whole[warm_up:]


def _layer_times(
    net: Net, layered: Sequence[tuple[Milliseconds, Milliseconds]]
) -> Iterator[LayerTime]:
    """Yield the layers that ran."""
    names = identifiers([node.layer.name for node in net.wiring.nodes])
    for name, node in zip(names, net.wiring.nodes, strict=True):
        if name not in layered[0][0]:
            continue
        backward = [times[name] for _, times in layered if times]
        yield LayerTime(
            node.layer.name,
            node.layer.type,
            tuple(net.axes(top) for top in node.tops),
            Spread.of([times[name] for times, _ in layered]),
            Spread.of(backward) if backward else None,
        )


def _added(forward: Milliseconds, backward: Milliseconds) -> Pass:
    """Return the times of one iteration's layers together."""
    sums = sum(forward.values()), sum(backward.values())
    return sums[0], sums[1] if backward else None, sum(sums)


def _time_whole(subject: Subject, run: Callable[..., dict[str, torch.Tensor]]) -> Pass:
    """Return the milliseconds of one pass forward, backward, and of both."""
    net, clock = subject.net, subject.clock
    trained = is_trained(net)
    _forget_gradients(net)
    clock.wait()
    start = clock.mark()
    if trained:
        with subject.computing:
            outputs = run(*subject.inputs)
        loss = net.total_loss(outputs)
        middle = clock.mark()
        loss.backward()
        end = clock.mark()
    else:
        with torch.no_grad(), subject.computing:
            run(*subject.inputs)
        middle = end = clock.mark()
    clock.wait()
    pairs = ((start, middle), (middle, end), (start, end))
    forward, backward, both = (clock.milliseconds(*pair) for pair in pairs)
    return forward, backward if trained else None, both


def _spread(times: Sequence[Pass]) -> WholeTime:
    backward = [one[1] for one in times if one[1] is not None]
    return WholeTime(
        Spread.of([one[0] for one in times]),
        Spread.of(backward) if backward else None,
        Spread.of([one[2] for one in times]),
    )


def _time_compiled(subject: Subject, iterations: int) -> Compiled:
    run = torch.compile(subject.module)
    start = time.perf_counter()
    try:
        _time_whole(subject, run)
    except torch._dynamo.exc.BackendCompilerFailed as error:
        lines = map(str.strip, str(error.inner_exception).splitlines())
        why = next((text for text in lines if text), type(error.inner_exception).__name__)
        return Compiled(None, time.perf_counter() - start, why)
    seconds = time.perf_counter() - start
    times = [_time_whole(subject, run) for _ in range(_LEAST_WARM_UP + iterations)]
    return Compiled(_spread(times[_LEAST_WARM_UP:]), seconds)


def _forget_gradients(net: Net) -> None:
    for slot in net.learnable:
        slot.tensor.grad = None


def _samples(net: Net, inputs: Sequence[torch.Tensor]) -> int | None:
    """Return the length of the batch axis."""
    for spec, tensor in zip(net.input_specs.values(), inputs, strict=True):
        if BATCH in spec.axes():
            return int(tensor.shape[spec.axes().index(BATCH)])
    return None
