"""Which records a training set draws."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from tests.spec.sets import problems_of, train_of


def test_balanced_is_by_label_with_equal_weights() -> None:
    for written in ("balanced", "{}", "{by: label}"):
        sampling = train_of(f"sampling: {written}").sampling
        assert sampling is not None
        assert (sampling.by, sampling.weights, sampling.weight) == ("label", {}, None)
    assert train_of("stage: s").sampling is None


def test_classes_have_weights_by_name_or_number() -> None:
    sampling = train_of("sampling: {by: kind, weights: {cat: 3, 7: 0.5, dog: 0}}").sampling
    assert sampling is not None
    assert sampling.by == "kind"
    assert sampling.weights == {"cat": 3, "7": 0.5, "dog": 0}


def test_records_have_weights_in_a_field() -> None:
    sampling = train_of("sampling: {weight: importance}").sampling
    assert sampling is not None
    assert sampling.weight == "importance"


def test_a_reservoir_has_a_size() -> None:
    reservoir = train_of("reservoir: {size: 500}").reservoir
    assert reservoir is not None
    assert (reservoir.size, reservoir.by) == (500, "label")


KINDS = "balanced, or a map with by, weights or weight"
OWN = "each record has its own weight by `weight`"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("balance", ("PN014", "", f"no sampling has this name: it is {KINDS}", "")),
        ("true", ("PN010", "", f"{KINDS} is needed", "")),
        ("[cat]", ("PN010", "", f"{KINDS} is needed", "")),
        ("{weihts: {}}", ("PN012", ".weihts", "unknown key", "did you mean weights?")),
        ("{weights: {cat: -1}}", ("PN013", ".weights.cat", "must be at least 0", "")),
        ("{weight: w, by: label}", ("PN015", ".by", OWN, "remove one")),
        ("{weight: w, weights: {a: 1}}", ("PN015", ".weights", OWN, "remove one")),
    ],
)
def test_another_sampling_is_refused(written: str, problem: tuple[str, str, str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        train_of(f"sampling: {written}")
    code, below, why, hint = problem
    assert problems_of(caught.value) == [(code, f"data.train.sampling{below}", why, hint)]


@pytest.mark.parametrize(
    ("keys", "source", "problem"),
    [
        (
            "sampling: balanced, shuffle: block",
            "a",
            (
                *("PN015", "data.train.shuffle"),
                *("with sampling, records come from all over the set",),
                "shuffle is true or false here",
            ),
        ),
        (
            "sampling: balanced, reservoir: {size: 3}",
            "a",
            (
                *("PN015", "data.train.sampling"),
                *("a reservoir keeps a sample of the stream as it comes", "remove one"),
            ),
        ),
        (
            "sampling: balanced",
            "{a: 1, b: 2}",
            (
                *("PN015", "data.train.sampling"),
                *("the weights of the sources say already what is drawn", "remove one"),
            ),
        ),
    ],
)
def test_what_is_drawn_is_said_once(
    keys: str, source: str, problem: tuple[str, str, str, str]
) -> None:
    with pytest.raises(SpecError) as caught:
        train_of(keys, source)
    assert problems_of(caught.value) == [problem]
