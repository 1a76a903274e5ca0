"""LBFGS on functions whose minimum is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from protonet.optim import Slot
from protonet.optim.lbfgs import LBFGS


class Valley:
    """Rosenbrock's (1 - x)² + 100 (y - x²)², smallest at (1, 1)."""

    def __init__(self) -> None:
        self.place = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        self.slots = [Slot("a/w", self.place)]
        self.strange = False

    def __call__(self) -> tuple[Tensor, list[Tensor]]:
        x, y = self.place.unbind()
        loss = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        (gradient,) = torch.autograd.grad(loss, self.place)
        return loss.detach() * (torch.nan if self.strange else 1.0), [gradient]


def rule(valley: Valley) -> LBFGS:
    return LBFGS({"line_search_fn": "strong_wolfe", "max_iter": 5}, valley.slots)


def test_it_finds_the_minimum() -> None:
    valley, flag = Valley(), torch.zeros(())
    made = rule(valley)
    for _ in range(20):
        made.update_by(valley, 1.0, flag)
    assert valley.place.tolist() == pytest.approx([1.0, 1.0], abs=1e-4)
    assert flag.item() == 0.0


def test_a_saved_state_goes_on_with_the_same_bits() -> None:
    valley, other, flag = Valley(), Valley(), torch.zeros(())
    made = rule(valley)
    for _ in range(3):
        made.update_by(valley, 1.0, flag)
    saved = {name: tensor.clone() for name, tensor in made.state().items()}
    with torch.no_grad():
        other.place.copy_(valley.place)
    again = rule(other)
    again.load_state(saved)
    for _ in range(2):
        made.update_by(valley, 1.0, flag)
        again.update_by(other, 1.0, flag)
    assert torch.equal(valley.place, other.place)


def test_what_is_not_finite_moves_nothing() -> None:
    valley, flag = Valley(), torch.zeros(())
    made, before = rule(valley), valley.place.detach().clone()
    valley.strange = True
    made.update_by(valley, 1.0, flag)
    assert (flag.item(), torch.equal(valley.place, before)) == (1.0, True)
    valley.strange = False
    made.update_by(valley, 1.0, flag)  # the flag holds everything back
    assert torch.equal(valley.place, before)


@pytest.mark.parametrize("updates", [0, 2])
def test_what_is_not_finite_half_way_leaves_no_trace_in_what_is_remembered(updates: int) -> None:
    valley, flag = Valley(), torch.zeros(())
    made = rule(valley)
    for _ in range(updates):
        made.update_by(valley, 1.0, flag)
    before = {name: tensor.clone() for name, tensor in made.state().items()}
    calls = iter([False, True])

    def failing() -> tuple[Tensor, list[Tensor]]:
        valley.strange = next(calls)
        return valley()

    made.update_by(failing, 1.0, flag)
    after = made.state()
    assert flag.item() == 1.0
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_factors_of_several_kinds_are_refused() -> None:
    slots = [Slot("a/w", torch.zeros(1)), Slot("b/w", torch.zeros(1), 2.0)]
    with pytest.raises(ValueError, match="LBFGS doesn't support per-parameter options"):
        LBFGS({}, slots)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("line_search_fn", "wolfe", 'is "wolfe"; there is strong_wolfe only, and null'),
        ("history_size", 2.5, "is 2.5, and must be a whole number above 0"),
        ("max_iter", 0, "is 0, and must be a whole number above 0"),
    ],
)
def test_what_torch_would_refuse_later_is_refused_at_once(
    key: str, value: object, why: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{key} {why}$"):
        LBFGS({key: value}, Valley().slots)
