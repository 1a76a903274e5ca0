from __future__ import annotations

import pytest
import torch

from protonet.debug import timing
from protonet.debug.timing import Compiled, Spread, Timing, WholeTime, is_trained, measure_times
from protonet.errors import UsageError
from protonet.net import Net
from tests.debug.working import WorkClock, working
from tests.specs import net_of

LINES = (
    "name: first, type: InnerProduct, num_output: 2",
    "name: one, type: Work, forward: 3, backward: 5",
    "name: two, type: Work, forward: 7, backward: 11",
)
LOSS = "name: loss, type: Reduction, loss_weight: 1"


def constant(milliseconds: float) -> Spread:
    return Spread(milliseconds, milliseconds)


def measured(
    monkeypatch: pytest.MonkeyPatch, net: Net, clock: WorkClock, compiled: bool = False
) -> tuple[Timing, list[tuple[int, int]]]:
    """Return the times on a clock that only work moves, and the progress told."""
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(timing, "clock_of", lambda device: clock)
    inputs = [torch.ones(2, 3)]
    found = measure_times(
        net, inputs, 4, compiled=compiled, progress=lambda *counts: told.append(counts)
    )
    return found, told


def test_layers_and_whole_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WorkClock()
    net = Net(net_of(*LINES, LOSS, inputs="{data: [3]}", layers=working(clock)))

    found, told = measured(monkeypatch, net, clock)

    assert [(one.name, one.type, one.tops, one.forward, one.backward) for one in found.layers] == [
        ("first", "InnerProduct", (("N", 2),), constant(0), constant(0)),
        ("one", "Work", (("N", 2),), constant(3), constant(5)),
        ("two", "Work", (("N", 2),), constant(7), constant(11)),
        ("loss", "Reduction", ((),), constant(0), constant(0)),
    ]
    assert found.whole == WholeTime(constant(10), constant(16), constant(26))
    assert found.added == found.whole
    assert [found.share(layer) for layer in found.layers] == [0, 8 / 26, 18 / 26, 0]
    assert (found.samples, found.iterations, found.compiled) == (2, 4, None)
    assert told == [(done, 7) for done in range(1, 8)]  # three warm the machine up


def test_nothing_is_run_backward_outside_training_and_without_a_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = WorkClock()
    layers = working(clock)
    with_loss = Net(net_of(*LINES, LOSS, inputs="{data: [3]}", layers=layers))
    without = Net(net_of(*LINES, inputs="{data: [3]}", layers=layers))

    assert is_trained(with_loss)
    for net in (with_loss.in_phase("test"), without):
        assert not is_trained(net)
        found, _ = measured(monkeypatch, net, clock)
        assert found.whole == WholeTime(constant(10), None, constant(10))
        assert {one.backward for one in found.layers} == {None}


def test_layers_that_nobody_needs_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WorkClock()
    quiet = "name: quiet, type: Silence, bottom: data"
    net = Net(net_of(*LINES, LOSS, quiet, inputs="{data: [3]}", layers=working(clock)))

    found, _ = measured(monkeypatch, net, clock)

    assert [one.name for one in found.layers] == ["first", "one", "two", "loss"]


def test_a_net_that_gives_nothing_cannot_be_timed() -> None:
    net = Net(net_of("name: quiet, type: Silence, bottom: data", inputs="{data: [3]}"))
    with pytest.raises(UsageError) as caught:
        measure_times(net, [torch.ones(2, 3)], 1)
    assert str(caught.value) == (
        "the net gives no blob in phase train, so there is nothing to time"
    )


def test_a_fixed_batch_counts_no_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WorkClock()
    inputs = "{data: {shape: [2, 3], batch: false}}"
    net = Net(net_of(*LINES, LOSS, inputs=inputs, layers=working(clock)))

    assert measured(monkeypatch, net, clock)[0].samples is None


def test_mean_and_median() -> None:
    assert Spread.of([1.0, 2.0, 9.0]) == Spread(mean=4.0, median=2.0)


def test_what_no_compiler_takes_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> None:
        raise RuntimeError("\n  No working C++ compiler found\nin a long story")

    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda module: compile_(module, backend=refuse))
    net = Net(net_of("name: ip, type: InnerProduct, num_output: 2", LOSS, inputs="{data: [3]}"))

    found, _ = measured(monkeypatch, net, WorkClock(), compiled=True)

    assert found.compiled is not None
    assert found.compiled.whole is None
    assert found.compiled.why == "No working C++ compiler found"


def test_a_compiled_net_is_measured_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda module: compile_(module, backend="eager"))
    net = Net(net_of("name: ip, type: InnerProduct, num_output: 2", LOSS, inputs="{data: [3]}"))

    found, _ = measured(monkeypatch, net, WorkClock(), compiled=True)

    assert isinstance(found.compiled, Compiled)
    assert found.compiled.whole == WholeTime(constant(0), constant(0), constant(0))
    assert found.compiled.seconds > 0


def test_real_times_pass() -> None:
    net = Net(net_of("name: ip, type: InnerProduct, num_output: 2", LOSS, inputs="{data: [3]}"))

    found = measure_times(net, [torch.ones(2, 3)], 3)

    assert found.whole.both.median > 0
    assert found.whole.backward is not None
    assert all(one.forward.median > 0 for one in found.layers)
