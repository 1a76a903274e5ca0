from __future__ import annotations

import torch

from protonet.hooks.histograms import Histograms
from protonet.hooks.hook import Step
from protonet.hooks.turns import Turn, Turns

Taken = dict[int, dict[str, list[float]]]


def trained(
    interval: int, iterations: int, *, last: int = 100, start: int = 0, iter_size: int = 1
) -> Taken:
    """Return what is taken where the weight counts the updates and the gradient the iterations."""
    weight, gradient = torch.tensor([float(start)]), torch.zeros(1)
    taken: Taken = {}

    def take(done: int, copies: dict[str, torch.Tensor]) -> None:
        assert done not in taken
        taken[done] = {name: copy.tolist() for name, copy in copies.items()}
        assert all(copy.data_ptr() != weight.data_ptr() for copy in copies.values())

    hook = Histograms(
        interval,
        {"a/w": weight},
        Turns([Turn(("a/w",))]),
        iter_size=iter_size,
        last=last,
        take=take,
    )
    hook.before_train(start)
    for iteration in range(start, iterations):
        hook.before_step(iteration)
        gradient.fill_(10 * iteration)
        hook.on_gradients(iteration, [gradient])
        weight += 1
        gradient.fill_(-1)  # it is overwritten
        hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))
    hook.after_train(iterations)
    return taken


def test_weights_are_copied_with_the_gradients_that_led_to_them() -> None:
    assert trained(2, 5, last=5) == {
        0: {"weights/a/w": [0.0]},
        2: {"weights/a/w": [2.0], "gradients/a/w": [10.0]},
        4: {"weights/a/w": [4.0], "gradients/a/w": [30.0]},
        5: {"weights/a/w": [5.0], "gradients/a/w": [40.0]},  # the last
    }


def test_a_training_that_ends_early_shows_its_last_weights() -> None:
    assert trained(2, 3)[3] == {"weights/a/w": [3.0]}


def test_a_resumed_training_does_not_begin_again() -> None:
    assert [*trained(2, 6, last=6, start=4)] == [6]
    assert trained(2, 4, last=4, start=4) == {}


def test_summed_gradients_are_shown_as_their_mean() -> None:
    assert trained(2, 2, iter_size=5)[2]["gradients/a/w"] == [2.0]


def test_never_is_never() -> None:
    assert trained(0, 4, last=4) == {}
