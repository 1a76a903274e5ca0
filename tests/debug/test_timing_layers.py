from __future__ import annotations

import gc
from contextlib import nullcontext

import pytest
import torch
from torch import fx

from protonet.debug.timing_layers import Subject, time_both, time_forward
from protonet.net import Net
from tests.debug.working import WorkClock, working
from tests.specs import net_of

FIRST = "name: first, type: InnerProduct, num_output: 2"
LAST = "name: last, type: Reduction, loss_weight: 1"
CHAIN = (
    FIRST,
    "name: a/b, type: Work, forward: 3, backward: 5",
    "name: class, type: Work, forward: 7, backward: 11",
    LAST,
)
BRANCHES = (
    FIRST,
    "name: stem, type: Work, forward: 1, backward: 2",
    "name: left, type: Work, bottom: stem, forward: 4, backward: 8",
    "name: right, type: Work, bottom: stem, forward: 16, backward: 32",
    "name: both, type: Work, bottom: [left, right], forward: 64, backward: 128",
    LAST,
)
TWO_TOPS = (
    FIRST,
    "name: two, type: Work, top: [one, other], forward: 1, backward: 2",
    "name: left, type: Work, bottom: one, forward: 4, backward: 8",
    "name: sum, type: Work, bottom: [left, other], forward: 16, backward: 32",
    LAST,
)
HANDED_ON = (
    FIRST,
    "name: work, type: Work, forward: 1, backward: 2",
    "name: idle, type: Work",
    LAST,
)
STOPPED = (
    FIRST,
    "name: before, type: Work, forward: 1, backward: 2",
    "name: after, type: Work, forward: 4, backward: 8, propagate_down: [false]",
    "name: sum, type: Work, bottom: [first, after], forward: 16, backward: 32",
    LAST,
)
"""The gradient goes around `before`, and none reaches `after`, which hangs on nothing."""


def subject_of(*lines: str) -> Subject:
    clock = WorkClock()
    net = Net(net_of(*lines, inputs="{data: [3]}", layers=working(clock)))
    return Subject(net, net.giving(net.outputs), [torch.ones(2, 3)], clock, nullcontext())


@pytest.mark.parametrize(
    ("lines", "forward", "backward"),
    [
        (CHAIN, {"a_b": 3, "class_": 7}, {"a_b": 5, "class_": 11}),
        (
            BRANCHES,
            {"stem": 1, "left": 4, "right": 16, "both": 64},
            {"stem": 2, "left": 8, "right": 32, "both": 128},
        ),
        (TWO_TOPS, {"two": 1, "left": 4, "sum": 16}, {"two": 2, "left": 8, "sum": 32}),
        (HANDED_ON, {"work": 1, "idle": 0}, {"work": 2, "idle": 0}),
        (STOPPED, {"before": 1, "after": 4, "sum": 16}, {"before": 0, "after": 0, "sum": 32}),
    ],
)
def test_each_layer_has_the_time_of_its_own_work(
    lines: tuple[str, ...], forward: dict[str, int], backward: dict[str, int]
) -> None:
    subject = subject_of(*lines)
    nothing = {"first": 0, "last": 0}

    assert time_both(subject) == ({**nothing, **forward}, {**nothing, **backward})
    assert time_forward(subject) == ({**nothing, **forward}, {})


def test_the_gradients_are_those_of_training() -> None:
    subject = subject_of(*BRANCHES)
    weight = subject.net.params["first"]["weight"]

    time_both(subject)

    # two branches double what is summed: each of the weights meets the ones of two samples twice
    assert weight.grad is not None
    assert weight.grad.tolist() == [[4, 4, 4], [4, 4, 4]]


def test_nothing_of_a_pass_is_kept() -> None:
    subject = subject_of(*BRANCHES)

    time_both(subject)

    gc.collect()
    kinds = [type(one) for one in gc.get_objects()]  # isinstance would ask lazy proxies
    assert not [kind for kind in kinds if issubclass(kind, fx.Interpreter)]


def test_no_gradients_are_left_where_nothing_is_run_backward() -> None:
    subject = subject_of(*CHAIN)

    time_forward(subject)

    assert subject.net.params["first"]["weight"].grad is None


def test_the_device_is_waited_for_before_its_marks_are_read() -> None:
    subject = subject_of(*CHAIN)

    time_both(subject)
    time_forward(subject)

    assert isinstance(subject.clock, WorkClock)
    assert subject.clock.waits == 2


def test_what_a_layer_raises_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(bottom: torch.Tensor) -> torch.Tensor:
        raise KeyError("no")

    subject = subject_of(*CHAIN)
    monkeypatch.setattr(subject.module.get_submodule("first"), "forward", refusing)
    with pytest.raises(KeyError, match=r"^'no'$"):
        time_forward(subject)
