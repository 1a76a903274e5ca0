"""Which memory format, number of threads and compilation a net trains fastest with, found by trying
on made-up batches, before the training begins."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from protonet.debug.timing_inputs import fixed_inputs
from protonet.errors import DeviceError
from protonet.net import Net
from protonet.net.trained import as_trained
from protonet.run.choice import Choice
from protonet.run.compiled import compiled
from protonet.run.machine import cores
from protonet.run.precision import arithmetic
from protonet.spec.duration import Duration
from protonet.spec.net import NetSpec
from protonet.spec.solver import Precision

Option = TypeVar("Option")
Step = Callable[[], None]

_WARM_UP = 3
_ROUNDS, _MORE_ROUNDS = 5, 15
"""How often each option is timed; more often where the training is long, and the choice matters."""
_SECONDS = 0.15
"""Of one round of one option, at least; a round has at least one step."""
_WORTH_COMPILING = 300.0
"""Seconds of training below which compilation, which takes the better part of a minute, is not
tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried.

    Attributes:
        net: the net section.
        device: where.
        precision: in which arithmetic.
        sizes: of the named axes, N among them.
        length: of the whole training: iterations, or epochs or the time.
        free: the fields of `Choice` that may be chosen.
    """

    net: NetSpec
    device: str
    precision: Precision
    sizes: Mapping[str, int]
    length: int | Duration
    free: frozenset[str]

    def step(self, choice: Choice) -> Step:
        """Return one forward and backward pass with a choice."""
        net = Net(self.net, "train", device=self.device, channels_last=choice.channels_last)
        module, batch = as_trained(net.graph_module), fixed_inputs(net, self.sizes)
        call = compiled(module, choice.compile)
        parameters = [slot.tensor for slot in net.learnable]
        computing = arithmetic(self.precision, net.device)

        def step() -> None:
            torch.set_num_threads(choice.threads)
            for parameter in parameters:
                parameter.grad = None
            with computing:
                loss = net.total_loss(call(*batch))
            loss.backward()
            wait_for(net.device)

        return step

    def seconds(self, step: float) -> float:
        """Return how long the whole training takes if a step takes so many seconds; of epochs of a
        set that nobody has opened yet, as long as can be."""
        if isinstance(self.length, int):
            return self.length * step
        return float(self.length.amount) if self.length.unit == "seconds" else math.inf


def wait_for(device: torch.device) -> None:
    """Return when a device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def tune(trial: Trial, given: Choice, say: Callable[[str], object]) -> Choice:
    """Return the fastest choice; one thing after the other is tried, with what won before.

    Args:
        trial: what is tried.
        given: what holds where nothing may be chosen.
        say: takes what was measured.
    """
    chosen = given
    if "channels_last" in trial.free:
        both = [replace(chosen, channels_last=last) for last in (True, False)]
        chosen = _fastest(trial, both, say, lambda one: _layout(one.channels_last))
    if "threads" in trial.free and trial.device == "cpu":
        counts = sorted({1, max(cores() // 2, 1), cores()})
        options = [replace(chosen, threads=count) for count in counts]
        chosen = _fastest(trial, options, say, lambda one: f"{one.threads} threads")
    if "compile" in trial.free and _is_long(trial, chosen):
        chosen = _compiled(trial, chosen, say)
    return chosen


def _is_long(trial: Trial, chosen: Choice) -> bool:
    return trial.seconds(min(_times(trial.step(chosen)))) > _WORTH_COMPILING


def _compiled(trial: Trial, chosen: Choice, say: Callable[[str], object]) -> Choice:
    options = [chosen, replace(chosen, compile=True)]
    try:
        return _fastest(trial, options, say, _compilation, _MORE_ROUNDS)
    except DeviceError as error:
        say(f"tune: not compiled: {error}")
        return chosen


def _compilation(choice: Choice) -> str:
    return "compiled" if choice.compile else "as it is"


def _layout(channels_last: bool | None) -> str:
    return "channels last" if channels_last else "channels first"


def _fastest(
    trial: Trial,
    options: Sequence[Choice],
    say: Callable[[str], object],
    name: Callable[[Choice], str],
    rounds: int = _ROUNDS,
) -> Choice:
    """Time some choices in turn, say what came out, and return the fastest."""
    if len(options) == 1:
        return options[0]
    best = fastest([(option, trial.step(option)) for option in options], rounds)
    shown = ", ".join(f"{name(option)} {1000 * seconds:.1f} ms" for option, seconds in best)
    say(f"tune: {shown}")
    return best[0][0]


def fastest(
    steps: Sequence[tuple[Option, Step]], rounds: int = _ROUNDS
) -> list[tuple[Option, float]]:
    """Return the options with the seconds of their step, the fastest first.

    They are timed in turn, so that all meet the same machine; of each the shortest time counts,
    which is the one that others on the machine disturbed least.
    """
    for _, step in steps:
        for _ in range(_WARM_UP):
            step()
    shortest = [math.inf] * len(steps)
    for _ in range(rounds):
        for place, (_, step) in enumerate(steps):
            shortest[place] = min(shortest[place], *_times(step))
    found = [(option, seconds) for (option, _), seconds in zip(steps, shortest, strict=True)]
    return sorted(found, key=lambda pair: pair[1])


def _times(step: Step) -> list[float]:
    """Return the seconds of some steps."""
    times: list[float] = []
    while not times or sum(times) < _SECONDS:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times
