"""What only a training set takes."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from tests.spec.sets import problems_of
from tests.specs import spec_of

MEASURED = "an evaluation measures every record once"


def check(val: str) -> None:
    spec_of(f"data: {{train: {{source: t, batch_size: 1}}, val: {val}}}\nnet: {{layers: []}}")


@pytest.mark.parametrize("key", ["sampling: balanced", "reservoir: {size: 2}", "rand_skip: 3"])
def test_an_evaluation_set_draws_nothing(key: str) -> None:
    with pytest.raises(SpecError) as caught:
        check(f"{{source: v, batch_size: 1, {key}}}")
    name = key.partition(":")[0]
    why = f"{name} is for the training set: {MEASURED}"
    assert problems_of(caught.value) == [("PN015", f"data.val.{name}", why, "remove it")]


def test_an_evaluation_set_has_no_weights() -> None:
    why = f"weights are for the training set: {MEASURED}"
    with pytest.raises(SpecError) as caught:
        check("{source: {a: 3, b: 1}, batch_size: 1}")
    hint = "source: [a, b] reads each once"
    assert problems_of(caught.value) == [("PN015", "data.val.source", why, hint)]
    with pytest.raises(SpecError) as caught:
        check("[{source: {a: 1}, batch_size: 1}, {source: {b: 1}}]")
    assert [one.path for one in caught.value.problems] == [
        "data.val.0.source",
        "data.val.1.source",
    ]


def test_an_evaluation_set_may_be_several_datasets() -> None:
    check("{source: [a, b], batch_size: 1, rand_skip: 0, shuffle: true}")
