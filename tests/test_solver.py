"""Expected numbers: minimising w·x on a single weight, worked by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pytest
import torch
from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.optim import Slot
from protonet.optim.sgd import Sgd, SgdParams
from protonet.solver import Solver, seed_generators
from protonet.step.objective import Objective
from protonet.step.update import Limits, Update


class Line:
    """The net y = w·x, whose loss is y: the gradient of w is x."""

    def __init__(self, weight: float = 8.0) -> None:
        self.weight = torch.tensor(weight, requires_grad=True)
        self.slots = [Slot("line/w", self.weight)]
        self.drawn: list[float] = []

    def __call__(self, x: Tensor) -> Mapping[str, Tensor]:
        self.drawn.append(float(torch.rand(())))
        return {"y": self.weight * x}

    def solver(
        self,
        batches: Sequence[float],
        *,
        rates: Sequence[float] = (1.0,) * 20,
        iter_size: int = 1,
        clip: float | None = None,
        seed: int = 0,
    ) -> Solver:
        stream: Iterator[tuple[Tensor, ...]] = iter([(torch.tensor(x),) for x in batches])
        rule = Sgd(self.slots, SgdParams())
        objective = Objective(self, lambda outputs: outputs["y"], self.slots)
        update = Update(objective, rule, lambda at: rates[at], iter_size, Limits(norm=clip))
        return Solver([update], stream, seed=seed)


class Noting(Hook):
    """Notes what it is told, and votes to stop after some iteration."""

    def __init__(self, notes: list[str], name: str, stop_after: int | None = None) -> None:
        self.notes, self.name, self.stop_after = notes, name, stop_after

    def before_train(self, iteration: int) -> None:
        self.notes.append(f"{self.name} before {iteration}")

    def after_step(self, step: Step) -> bool:
        self.notes.append(f"{self.name} step {step.iteration}")
        return step.iteration == self.stop_after

    def after_train(self, iteration: int) -> None:
        self.notes.append(f"{self.name} after {iteration}")

    def close(self) -> None:
        self.notes.append(f"{self.name} closed")


def test_a_step_shows_the_loss_before_its_update() -> None:
    line = Line()
    solver = line.solver([2.0, 1.0], rates=[0.5, 2.0])

    first, second = solver.step(), solver.step()

    assert (first.iteration, first.lr, first.loss.item()) == (0, 0.5, 16.0)  # 8 * 2
    assert (second.iteration, second.lr, second.loss.item()) == (1, 2.0, 7.0)  # (8 - 0.5 * 2) * 1
    assert line.weight.item() == 5.0  # 7 - 2 * 1
    assert solver.iteration == 2


def test_iter_size_sums_gradients_and_divides_them_and_the_loss() -> None:
    line = Line()

    step = line.solver([2.0, 4.0], iter_size=2).step()

    assert step.loss.item() == 24.0  # 8 * (2 + 4) / 2
    assert step.outputs["y"].item() == 32.0  # the last batch's
    assert line.weight.item() == 5.0  # 8 - (2 + 4) / 2


def test_clipping_comes_before_the_division_by_iter_size() -> None:
    line = Line()

    line.solver([3.0, 3.0], iter_size=2, clip=2.0).step()

    assert line.weight.item() == 7.0  # the sum 6 is clipped to 2, and divided by 2


def test_what_a_step_gives_holds_no_graph() -> None:
    step = Line().solver([1.0]).step()
    assert not step.loss.requires_grad
    assert not step.outputs["y"].requires_grad


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nothing_that_is_not_finite_is_applied_and_nothing_after_it(bad: float) -> None:
    line = Line()
    solver = line.solver([1.0, bad, 1.0])

    for _ in range(3):
        solver.step()

    assert line.weight.item() == 7.0  # the first update only
    assert (solver.flag.item(), solver.applied.item(), solver.iteration) == (1.0, 1, 3)


def test_hooks_are_all_called_in_order_though_one_votes_to_stop() -> None:
    notes: list[str] = []
    solver = Line().solver([1.0] * 5)

    solver.train(5, [Noting(notes, "a", stop_after=1), Noting(notes, "b")])

    assert notes == [
        *("a before 0", "b before 0"),
        *("a step 0", "b step 0", "a step 1", "b step 1"),
        *("a after 2", "b after 2", "a closed", "b closed"),
    ]


def test_the_parameters_are_whole_until_an_update_is_applied() -> None:
    line = Line()
    solver = line.solver([1.0])
    seen: list[bool] = []

    class Looking(Hook):
        def on_gradients(self, iteration: int, gradients: Sequence[Tensor]) -> None:
            seen.append(solver.is_whole)

    solver.train(1, [Looking()])
    assert (seen, solver.is_whole) == ([False], True)


def test_hooks_are_closed_after_an_error() -> None:
    notes: list[str] = []

    with pytest.raises(IndexError):
        Line().solver([1.0], rates=[]).train(1, [Noting(notes, "a")])

    assert notes == ["a before 0", "a closed"]


def test_hooks_are_closed_though_one_of_them_cannot_be() -> None:
    notes: list[str] = []

    class Stuck(Noting):
        def close(self) -> None:
            super().close()
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        Line().solver([1.0], rates=[0.1]).train(1, [Stuck(notes, "a"), Noting(notes, "b")])

    assert notes[-2:] == ["a closed", "b closed"]


def test_training_goes_on_from_its_iteration() -> None:
    notes: list[str] = []
    solver = Line().solver([1.0], rates=[0.0, 0.0, 0.5])
    solver.iteration = 2

    solver.train(3, [Noting(notes, "a")])

    assert notes == ["a before 2", "a step 2", "a after 3", "a closed"]


def test_random_numbers_are_those_of_the_seed_and_the_iteration() -> None:
    alone, resumed, other = Line(), Line(), Line()
    alone.solver([0.0] * 4, seed=3).train(4, [])
    second = resumed.solver([0.0] * 2, seed=3)
    second.iteration = 2
    second.train(4, [])
    other.solver([0.0] * 4, seed=4).train(4, [])

    assert resumed.drawn == alone.drawn[2:]
    assert len(set(alone.drawn)) == 4
    assert set(alone.drawn).isdisjoint(other.drawn)


def test_seeding_a_device_of_its_own_kind_leaves_the_cpu_seeded() -> None:
    seed_generators(1, 2, torch.device("cpu"))
    first = torch.rand(3)
    seed_generators(1, 2, torch.device("cpu"))
    assert torch.equal(torch.rand(3), first)


@pytest.mark.gpu
def test_a_step_on_the_gpu_never_waits_for_it() -> None:
    weight = torch.tensor(8.0, device="cuda", requires_grad=True)
    slots = [Slot("line/w", weight)]
    x = torch.tensor(2.0, device="cuda")
    objective = Objective(lambda given: {"y": weight * given}, lambda outputs: outputs["y"], slots)
    rule = Sgd(slots, SgdParams(momentum=0.9))
    update = Update(objective, rule, lambda at: 0.5, limits=Limits(norm=10.0))
    solver = Solver([update], iter([(x,)] * 3))
    solver.step()

    torch.cuda.set_sync_debug_mode("error")
    try:
        solver.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")

    assert solver.applied.item() == 2
