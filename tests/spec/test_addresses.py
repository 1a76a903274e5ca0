"""What a source names: one dataset or several."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.addresses import addresses_of, readdressed, weights_of
from tests.spec.sets import problems_of, train_of


@pytest.mark.parametrize(
    ("written", "addresses", "weights"),
    [
        ("a.lmdb", ("a.lmdb",), None),
        ("[a.lmdb, dataset://mnist/train]", ("a.lmdb", "dataset://mnist/train"), None),
        ("{a.lmdb: 3, b.h5/train: 0.5}", ("a.lmdb", "b.h5/train"), (3, 0.5)),
        ("[a.lmdb]", ("a.lmdb",), None),
    ],
)
def test_a_source_is_one_dataset_or_several(
    written: str, addresses: tuple[str, ...], weights: tuple[float, ...] | None
) -> None:
    source = train_of("stage: s", written).source
    assert addresses_of(source) == addresses
    assert weights_of(source) == weights


def test_every_address_is_changed_where_it_stands() -> None:
    assert readdressed("a", "x/{}".format) == "x/a"
    assert readdressed(["a", "b"], "x/{}".format) == ["x/a", "x/b"]
    assert readdressed({"a": 3, "b": 1}, "x/{}".format) == {"x/a": 3, "x/b": 1}


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("''", ("PN013", "", "the text is empty", "")),
        ("[]", ("PN013", "", "the source is empty", "")),
        ("{}", ("PN013", "", "the source is empty", "")),
        ("[a, '']", ("PN010", "", 'each of several datasets is named by a text, not by ""', "")),
        ("[a, 3]", ("PN010", "", "each of several datasets is named by a text, not by 3", "")),
        (
            "[a, b, a]",
            (
                *("PN013", "", "a is named twice"),
                "source: {a.lmdb: 2, b.lmdb: 1} reads one more often than another",
            ),
        ),
        ("{a: 1, b: 0}", ("PN013", ".b", "a weight is a finite number above 0", "")),
        ("{a: 1, b: -2}", ("PN013", ".b", "a weight is a finite number above 0", "")),
        ("{a: 1, b: .inf}", ("PN013", ".b", "a weight is a finite number above 0", "")),
        ("{a: 1, b: true}", ("PN010", ".b", "a weight is a number", "")),
        ("{a: 1, b: }", ("PN010", ".b", "a weight is a number", "")),
    ],
)
def test_what_names_no_dataset_is_refused(written: str, problem: tuple[str, str, str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        train_of("stage: s", written)
    code, below, why, hint = problem
    assert problems_of(caught.value) == [(code, f"data.train.source{below}", why, hint)]


def test_a_fallback_goes_with_one_known_set() -> None:
    with pytest.raises(SpecError) as caught:
        train_of("fallback: digits", "[dataset://mnist/train, dataset://mnist/test]")
    why = "fallback goes with a dataset:// source only"
    assert problems_of(caught.value) == [("PN015", "data.train.fallback", why, "remove it")]
