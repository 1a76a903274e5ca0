"""The whole batch at once, by torch's autograd, is what its parts must add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from protonet.errors import UsageError
from protonet.optim import Slot
from protonet.optim.sgd import Sgd, SgdParams
from protonet.step.micro import Micro, MicroBatch
from protonet.step.objective import Batch, Objective
from protonet.step.splitting import Splitting
from protonet.step.update import Computed, Update

IGNORED = 9
CPU = torch.device("cpu")


class Line:
    """Scores w·x of three classes; three losses of them, and a weight for each."""

    def __init__(self, most: int = 99, draws: bool = False) -> None:
        generator = torch.Generator().manual_seed(3)
        self.weight = torch.randn(3, 4, generator=generator).requires_grad_()
        self.seen: list[int] = []
        self.most, self.draws = most, draws
        self.moved = torch.zeros(())

    def __call__(self, x: Tensor, labels: Tensor) -> dict[str, Any]:
        """Give numerators and denominators, a sum, a mean and what is of each part."""
        self.seen.append(len(x))
        if len(x) > self.most:
            raise torch.OutOfMemoryError(f"no room for {len(x)}")
        self.moved += 1
        scores = x @ self.weight.T
        if self.draws:
            scores = scores * (torch.rand(()) + 0.5)
        kept = labels != IGNORED
        costs = functional.cross_entropy(scores, labels.where(kept, 0), reduction="none")
        return {
            "loss": ((costs * kept).sum(), kept.sum()),
            "sum": scores.square().sum(),
            "mean": scores.mean(),
            "own": scores,
        }

    def whole(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        given = self(x, labels)
        numerator, denominator = given["loss"]
        return {**given, "loss": numerator / denominator.clamp(min=1)}


ADDING = {"loss": "quotient", "sum": "sum", "mean": "mean", "own": "own"}
WEIGHTS = {"loss": 1.0, "sum": 0.01, "mean": 0.5}


def minimised(outputs: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([outputs[name] * weight for name, weight in WEIGHTS.items()]).sum()


def batch(count: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(5)
    labels = torch.arange(count) % 3
    labels[[0, 1, 2, 5]] = IGNORED  # the parts count 0, 3 and 1 … labels
    return torch.randn(count, 4, generator=generator), labels


def update_of(
    line: Line, state: MicroBatch, *, uneven: bool = True, axis: int | None = 0
) -> Update:
    slots = [Slot("line/w", line.weight)]
    splitting = Splitting(
        line, ADDING, [axis, axis], frozenset({"loss"} if uneven else ()), [line.moved]
    )
    return Update(
        Objective(line.whole, minimised, slots),
        Sgd(slots, SgdParams()),
        lambda at: 1.0,
        micro=Micro(state, lambda: splitting),
    )


def gradient_of(update: Update, batches: Iterable[Batch]) -> tuple[Tensor, Computed]:
    computed = update.compute(batches)
    (gradient,) = update.gradients()
    return gradient.clone(), computed


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_the_parts_add_up_to_the_whole(size: int) -> None:
    line = Line()
    whole, expected = gradient_of(update_of(line, MicroBatch(None)), [batch()])
    found, computed = gradient_of(update_of(line, MicroBatch(size)), [batch()])
    torch.testing.assert_close(found, whole, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(computed.loss, expected.loss)
    for name in ("loss", "sum", "mean"):
        torch.testing.assert_close(computed.outputs[name], expected.outputs[name])
    assert max(line.seen[1:]) <= max(size, 2) if size < 8 else True


def test_batches_of_an_iteration_add_up_besides() -> None:
    line = Line()
    whole, expected = gradient_of(update_of(line, MicroBatch(None)), [batch(), batch(6)])
    found, computed = gradient_of(update_of(line, MicroBatch(3)), [batch(), batch(6)])
    torch.testing.assert_close(found, whole, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(computed.loss, expected.loss)


def test_what_goes_with_the_samples_needs_no_pass_of_its_own() -> None:
    line = Line()
    x, labels = batch()
    full = (x, labels % 3)
    whole, _ = gradient_of(update_of(line, MicroBatch(None)), [full])
    line.seen.clear()
    update = update_of(line, MicroBatch(4), uneven=False)
    found, _ = gradient_of(update, [full])
    torch.testing.assert_close(found, whole, rtol=1e-6, atol=1e-7)
    assert line.seen == [2, 1, 1, 4, 4]  # two samples are tried, whole and one by one
    gradient_of(update, [full])
    assert line.seen[5:] == [4, 4]


def test_when_memory_runs_out_the_step_is_made_again_in_halves() -> None:
    said: list[str] = []
    state = MicroBatch(None, say=said.append)
    line, small = Line(), Line(most=3)
    whole, expected = gradient_of(update_of(line, MicroBatch(None)), [batch(6), batch()])
    small.weight = line.weight
    update = update_of(small, state)
    found, computed = gradient_of(update, iter([batch(6), batch()]))  # cannot be read twice
    torch.testing.assert_close(found, whole, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(computed.loss, expected.loss)
    assert state.size == 3
    assert said == [
        "memory ran out: from here on batches are computed in parts of 3 samples, whose gradients "
        "add up to those of the whole batch"
    ]


def test_random_numbers_are_those_of_the_first_try() -> None:
    drawn: list[float] = []
    for most, size in ((99, 2), (2, None)):
        line = Line(most, draws=True)
        torch.manual_seed(7)
        _, computed = gradient_of(update_of(line, MicroBatch(size)), [batch()])
        drawn.append(computed.loss.item())
    assert drawn[0] == drawn[1]


def test_looking_ahead_moves_no_statistics() -> None:
    line = Line()
    gradient_of(update_of(line, MicroBatch(4)), [batch()])
    assert line.moved.item() == 2.0  # of two parts
    assert len(line.seen) == 7


class Short(Line):
    """Has no memory for the second part of the first batch, when it looks ahead."""

    def __call__(self, x: Tensor, labels: Tensor) -> dict[str, Any]:
        given = super().__call__(x, labels)
        if len(self.seen) == 5:  # after two samples, whole and one by one, and the first part
            raise torch.OutOfMemoryError("no room for the second part")
        return given


def test_looking_ahead_moves_no_statistics_when_memory_runs_out_meanwhile() -> None:
    line, state = Short(), MicroBatch(4)
    gradient_of(update_of(line, state), [batch()])
    assert state.size == 2
    assert line.moved.item() == 4.0  # of the four parts of 8 samples


def test_memory_for_not_even_one_sample_is_an_error() -> None:
    state = MicroBatch(None)
    with pytest.raises(torch.OutOfMemoryError, match="no room for 2"):
        gradient_of(update_of(Line(most=0), state), [batch()])


@pytest.mark.parametrize(
    ("most", "state", "error"),
    [
        (3, MicroBatch(4, shrinks=False), torch.OutOfMemoryError),
        (3, MicroBatch(None, is_full=lambda error: False), torch.OutOfMemoryError),
    ],
)
def test_what_may_not_shrink_stays_an_error(
    most: int, state: MicroBatch, error: type[Exception]
) -> None:
    before = state.size
    with pytest.raises(error):
        gradient_of(update_of(Line(most), state), [batch()])
    assert state.size == before


def test_what_cannot_be_cut_is_said_once_and_stays_an_error() -> None:
    said: list[str] = []
    state = MicroBatch(None, say=said.append)
    for _ in range(2):
        with pytest.raises(torch.OutOfMemoryError):
            gradient_of(update_of(Line(3), state, axis=None), [batch()])
    assert said == [
        "memory ran out, and a batch cannot be computed in parts: no input has a batch axis"
    ]


def constant(x: Tensor, labels: Tensor) -> dict[str, Any]:
    return {"loss": (x.sum(), torch.tensor(4))}


def test_denominators_that_do_not_add_up_are_refused() -> None:
    splitting = Splitting(constant, {"loss": "quotient"}, [0, 0])
    micro = Micro(MicroBatch(4), lambda: splitting)
    nothing: Callable[[Mapping[str, Tensor]], Tensor] = lambda outputs: outputs["loss"]  # noqa: E731
    with pytest.raises(UsageError) as caught:
        micro.backward(batch(), nothing)
    assert str(caught.value) == (
        "solver.micro_batch 4: a batch cannot be computed in parts: what loss is divided by does "
        "not grow with the samples"
    )
