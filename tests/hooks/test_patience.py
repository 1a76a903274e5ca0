from __future__ import annotations

from collections.abc import Mapping

import torch

from protonet.hooks.hook import Step
from protonet.hooks.patience import Patience, Progress


def followed(
    scores: Mapping[int, float],
    patience: int,
    *,
    min_delta: float = 0.0,
    progress: Progress | None = None,
) -> tuple[int | None, list[str], Progress]:
    """Return after how many iterations it stops, what it says, and how far the run has come."""
    said: list[str] = []
    known = progress or Progress()
    hook = Patience(patience, min_delta, scores.get, said.append, known)
    for iteration in range(10):
        if hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1)):
            return iteration + 1, said, known
    return None, said, known


def test_it_waits_so_many_tests_for_a_better_score() -> None:
    stopped, said, progress = followed({2: 0.5, 4: 0.7, 6: 0.6, 8: 0.7}, patience=2)
    assert stopped == 8  # 0.7 again is no improvement
    assert said == ["iteration 8  no improvement in the last 2 tests: training stops early"]
    assert progress == Progress(0.7, 2)


def test_iterations_without_a_test_do_not_count() -> None:
    stopped, said, progress = followed({3: 0.5, 9: 0.4}, patience=2)
    assert (stopped, said, progress) == (None, [], Progress(0.5, 1))


def test_a_small_improvement_is_none() -> None:
    stopped, said, _ = followed({1: 0.5, 2: 0.55, 3: 0.7}, patience=1, min_delta=0.1)
    assert stopped == 2
    assert said == ["iteration 2  no improvement in the last test: training stops early"]


def test_a_resumed_run_waits_for_the_rest() -> None:
    stopped, _, _ = followed({1: 0.8, 2: 0.8}, patience=3, progress=Progress(0.9, 1))
    assert stopped == 2
