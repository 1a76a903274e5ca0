"""Expected numbers: powers of two, by hand."""

from __future__ import annotations

import pytest
import torch

from protonet.errors import SnapshotError
from protonet.step.scale import SMALLEST, Growth, LossScale

CPU = torch.device("cpu")


def test_gradients_are_divided_by_the_scale() -> None:
    scale, flag = LossScale(CPU, Growth(first=8.0)), torch.zeros(())
    gradients = [torch.tensor([8.0, -16.0]), torch.tensor([4.0], dtype=torch.float64)]
    held = scale.unscale_(gradients, flag)
    assert [each.tolist() for each in gradients] == [[1.0, -2.0], [0.5]]
    assert (held.item(), flag.item()) == (0.0, 0.0)


@pytest.mark.parametrize("strange", [torch.inf, torch.nan])
def test_an_overflow_holds_this_step_back_and_halves_the_scale(strange: float) -> None:
    scale, flag = LossScale(CPU, Growth(first=8.0)), torch.zeros(())
    held = scale.unscale_([torch.tensor([strange])], flag)
    assert (held.item(), flag.item()) == (1.0, 0.0)
    scale.adapt(held, flag)
    assert (scale.value.item(), flag.item()) == (4.0, 0.0)


def test_it_grows_after_so_many_steps_without_overflow() -> None:
    scale, flag = LossScale(CPU, Growth(first=8.0, interval=3)), torch.zeros(())
    values = []
    for _ in range(7):
        scale.adapt(torch.zeros(()), flag)
        values.append(scale.value.item())
    assert values == [8.0, 8.0, 16.0, 16.0, 16.0, 32.0, 32.0]


def test_training_ends_where_even_the_smallest_scale_overflows() -> None:
    scale, flag = LossScale(CPU, Growth(first=SMALLEST)), torch.zeros(())
    scale.adapt(torch.ones(()), flag)
    assert flag.item() == 1.0


def test_once_training_must_not_go_on_every_step_is_held_back() -> None:
    scale = LossScale(CPU)
    assert scale.unscale_([torch.ones(1)], torch.ones(())).item() == 1.0


def test_its_state_comes_back() -> None:
    scale, other, flag = LossScale(CPU), LossScale(CPU), torch.zeros(())
    scale.adapt(torch.ones(()), flag)
    scale.adapt(torch.zeros(()), flag)
    other.load_state({name: value.clone() for name, value in scale.state().items()})
    assert other.state() == scale.state()
    assert other.value.item() == 32768.0
    with pytest.raises(SnapshotError, match=r"^the snapshot has no loss scale \(scale\)$"):
        other.load_state({})
