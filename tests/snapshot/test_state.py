from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from protonet.snapshot.state import Evaluation, Machine, State


def state(iteration: int = 4, **changes: Any) -> State:
    """Return a state as a run might have it."""
    facts: dict[str, Any] = {
        "iteration": iteration,
        "position": iteration,
        "seed": 1,
        "spec": {"net": {"layers": []}},
        "data": {"train": "abc"},
        "machine": Machine(
            device="cpu", threads=2, channels_last=True, processor="AVX2", torch="2.13.0"
        ),
        "evaluation": Evaluation(input="data", shape=(1, 8, 8), transform=()),
    }
    return State(**{**facts, **changes})


def test_a_state_survives_json() -> None:
    written = state(
        metrics={
            "test": {
                "accuracy": 0.5,
                "per_class": [0.25, None],
                "confusion": [[1.0, 0.0], [None, 2.5]],
                "loss": None,
            }
        },
        score=0.5,
        result="test: accuracy 0.5000",
        lengths={"metrics.jsonl": 12},
    )
    assert State.model_validate_json(written.model_dump_json()) == written


@pytest.mark.parametrize("wrong", [{"iteration": -1}, {"position": None}, {"colour": 1}])
def test_a_state_of_other_values_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        state(**wrong)
