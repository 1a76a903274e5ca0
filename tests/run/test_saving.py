"""What a run saves, and when its test is owed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from protonet.run import saving
from protonet.run.saving import Saver


class Notes:
    """Stands for what a saver works with; it notes what is asked of it."""

    def __init__(
        self,
        *,
        tested: int | None = None,
        interval: object = 4,
        tests: bool = True,
        is_first: bool = True,
    ) -> None:
        self.taken: list[tuple[int, float, bool]] = []
        self.waits = 0
        self.evaluator = SimpleNamespace(iteration=tested)
        self.job = SimpleNamespace(
            group=SimpleNamespace(is_first=is_first),
            tests={"test": object()} if tests else {},
            solver=SimpleNamespace(test_interval=interval, max_iter=10),
        )

    def state(self, iteration: int, seconds: float, *, owes_test: bool) -> tuple[Any, ...]:
        return iteration, seconds, owes_test

    def write(self, state: tuple[int, float, bool], weights: object, tensors: object) -> None:
        self.taken.append(state)

    def wait(self) -> None:
        self.waits += 1


def saver(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> Saver:
    for name in ("weights_of", "state_of"):
        monkeypatch.setattr(saving, name, lambda job: {})
    return Saver(cast(Any, notes), cast(Any, notes), lambda: 2.5)


def test_a_snapshot_is_taken_and_written_in_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes = Notes()
    saver(notes, monkeypatch).take(3)
    assert (notes.taken, notes.waits) == ([(3, 2.5, False)], 0)


def test_only_the_first_process_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes(is_first=False)
    saver(notes, monkeypatch).take(3)
    assert notes.taken == []


def test_a_test_that_was_cut_short_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes()
    saver(notes, monkeypatch).cut(4)
    assert (notes.taken, notes.waits) == ([(4, 2.5, True)], 1)


@pytest.mark.parametrize(
    ("iteration", "options", "owes"),
    [
        (8, {}, True),
        (8, {"tested": 8}, False),
        (8, {"tests": False}, False),
        (7, {}, False),
        (10, {}, True),
        (8, {"interval": 0}, False),
        (8, {"interval": "10 minutes"}, False),
    ],
)
def test_a_test_that_is_due_and_was_not_made_is_owed(
    iteration: int, options: dict[str, Any], owes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(**options)
    saver(notes, monkeypatch).save(iteration)
    assert (notes.taken, notes.waits) == ([(iteration, 2.5, owes)], 1)
