"""Expected numbers: y = w·x with the loss y, whose gradient is x, by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
import torch
from torch import Tensor

from protonet.optim import Slot
from protonet.optim.lbfgs import LBFGS
from protonet.optim.sgd import Sgd, SgdParams
from protonet.step.objective import Objective
from protonet.step.scale import Growth, LossScale
from protonet.step.update import Limits, Update


def weight(value: Sequence[float]) -> Tensor:
    return torch.tensor(value, requires_grad=True)


def dot(own: Tensor) -> Callable[[Tensor], Mapping[str, Tensor]]:
    return lambda x: {"y": (own * x).sum()}


def update(own: Tensor, **options: object) -> Update:
    slots = [Slot("a/w", own)]
    objective = Objective(dot(own), lambda outputs: outputs["y"], slots)
    return Update(objective, Sgd(slots, SgdParams()), lambda at: 1.0, **options)  # type: ignore[arg-type]  # by name


def batches(*values: Sequence[float]) -> list[tuple[Tensor]]:
    return [(torch.tensor(value),) for value in values]


def test_each_element_of_a_gradient_is_cut_then_all_are_scaled() -> None:
    own, flag = weight([0.0, 0.0]), torch.zeros(())
    limits = Limits(norm=2.5, value=4.0)
    update(own, limits=limits).make(batches([-30.0, 3.0]), 1.0, flag)
    assert own.tolist() == pytest.approx([2.0, -1.5])  # (-4, 3) has the norm 5
    assert flag.item() == 0.0


@pytest.mark.parametrize("strange", [torch.inf, -torch.inf, torch.nan])
def test_cutting_does_not_hide_what_is_not_finite(strange: float) -> None:
    own, flag = weight([5.0, 5.0]), torch.zeros(())
    update(own, limits=Limits(value=4.0)).make(batches([strange, 1.0]), 1.0, flag)
    assert (own.tolist(), flag.item()) == ([5.0, 5.0], 1.0)


def test_a_scaled_loss_makes_the_same_update() -> None:
    own, flag = weight([1.0]), torch.zeros(())
    scale = LossScale(flag.device, Growth(first=1024.0))
    made = update(own, scale=scale, iter_size=2).make(batches([2.0], [4.0]), 0.5, flag)
    assert (own.item(), made.loss.item()) == (1.0 - 0.5 * 3.0, 3.0)  # the loss itself is not scaled


def test_a_gradient_too_large_for_the_scale_is_skipped_once() -> None:
    own, flag = weight([1.0]), torch.zeros(())
    scale = LossScale(flag.device, Growth(first=1024.0))
    once = update(own, scale=scale)
    once.make(batches([3e37]), 1.0, flag)  # 3e37 * 1024 overflows float32
    assert (own.item(), flag.item(), scale.value.item()) == (1.0, 0.0, 512.0)
    once.make(batches([2.0]), 0.25, flag)
    assert own.item() == 0.5


def test_the_gradients_are_seen_before_they_are_cut_and_divided() -> None:
    own, seen = weight([0.0]), list[list[float]]()

    def look(gradients: Sequence[Tensor]) -> None:
        seen.extend(gradient.tolist() for gradient in gradients)

    limits = Limits(value=1.0)
    update(own, limits=limits, iter_size=2).make(batches([2.0], [4.0]), 1.0, torch.zeros(()), look)
    assert (seen, own.item()) == ([[6.0]], -0.5)


def test_what_an_update_does_not_own_gets_no_gradient() -> None:
    own, other, flag = weight([2.0]), weight([3.0]), torch.zeros(())
    slots = [Slot("a/w", own)]
    objective = Objective(
        lambda x: {"y": (own * other * x).sum()}, lambda outputs: outputs["y"], slots, alone=False
    )
    Update(objective, Sgd(slots, SgdParams()), lambda at: 1.0).make(batches([1.0]), 1.0, flag)
    assert (own.item(), other.item(), other.grad) == (-1.0, 3.0, None)


def test_an_optimizer_that_evaluates_sees_the_same_random_numbers_each_time() -> None:
    own, drawn = weight([1.0]), list[float]()
    slots = [Slot("a/w", own)]

    def forward(x: Tensor) -> Mapping[str, Tensor]:
        drawn.append(torch.rand(()).item())
        return {"y": ((own - x) ** 2).sum()}

    objective = Objective(forward, lambda outputs: outputs["y"], slots)
    rule = LBFGS({"max_iter": 4, "line_search_fn": "strong_wolfe"}, slots)
    torch.manual_seed(3)
    made = Update(objective, rule, lambda at: 1.0).make(batches([4.0]), 1.0, torch.zeros(()))
    assert len(drawn) > 1
    assert len(set(drawn)) == 1
    assert made.loss.item() == 9.0  # before the update: (1 - 4)²
    assert own.item() == pytest.approx(4.0, abs=1e-5)


class Halves:
    """Two processes that hold the same number: what this one sees stands for both."""

    def __init__(self) -> None:
        self.strange = False

    def held(self, tensor: Tensor) -> Tensor:
        return tensor.detach()

    def agree_(self, gradients: Sequence[Tensor], flag: Tensor) -> None:
        flag.fill_(float(self.strange))

    def norm(self, tensors: Sequence[Tensor]) -> Tensor:
        squares = torch.stack([one.square().sum() for one in tensors]).sum()
        return torch.sqrt(2 * squares)


def test_of_shared_parameters_the_norm_is_that_of_all_parts() -> None:
    own, shares = weight([0.0, 0.0]), Halves()
    once = update(own, shares=shares, limits=Limits(norm=1.0))
    once.make(batches([3.0, 4.0]), 1.0, torch.zeros(()))
    # both parts together have the norm 5√2
    assert own.tolist() == pytest.approx([-0.6 / 2**0.5, -0.8 / 2**0.5])


def test_what_another_process_found_not_finite_holds_the_update_back() -> None:
    own, flag, shares = weight([0.0, 0.0]), torch.zeros(()), Halves()
    shares.strange = True
    update(own, shares=shares).make(batches([3.0, 4.0]), 1.0, flag)
    assert (own.tolist(), flag.item()) == ([0.0, 0.0], 1.0)
