"""The data section: sets of samples."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.data import DataSpec, evaluation_sets, is_known
from tests.specs import spec_of


def data_of(text: str) -> dict[str, DataSpec]:
    return spec_of(f"data: {text}\nnet: {{layers: []}}").data


def test_a_set_has_few_keys_that_must_be_given() -> None:
    train = data_of("{train: {source: a.lmdb, batch_size: 64}}")["train"]
    assert (train.source, train.batch_size, train.shuffle) == ("a.lmdb", 64, False)
    assert (train.fields, train.transform, train.stage, train.fallback) == ({}, (), None, None)


def test_every_set_but_train_evaluates_in_the_order_of_the_file() -> None:
    sets = data_of(
        "{val: {source: v, batch_size: 1}, train: {source: t, batch_size: 1},"
        " test: {source: s, batch_size: 1}}"
    )
    assert list(evaluation_sets(sets)) == ["val", "test"]


def test_a_known_set_is_told_from_a_path() -> None:
    assert is_known("dataset://mnist/train")
    assert not is_known("dataset/mnist")
    assert not is_known("mnist.lmdb/train")
    assert not is_known("data/dataset://x")


def test_a_known_set_may_have_a_fallback() -> None:
    text = "{train: {source: dataset://mnist/train, fallback: digits, batch_size: 64}}"
    assert data_of(text)["train"].fallback == "digits"


@pytest.mark.parametrize(
    ("written", "code", "path", "why"),
    [
        ("batch_size: 1", "PN011", "data.train.source", "missing"),
        ("source: a", "PN011", "data.train.batch_size", "missing"),
        (
            "source: a, batch_size: 1.5",
            "PN010",
            "data.train.batch_size",
            "a whole number is needed",
        ),
        ("source: '', batch_size: 1", "PN013", "data.train.source", "the text is empty"),
        ("source: a, batch_size: 1, shuffel: true", "PN012", "data.train.shuffel", "unknown key"),
        (
            "source: a, batch_size: 1, transform: {sale: 2}",
            "PN012",
            "data.train.transform.sale",
            "unknown key",
        ),
        (
            "source: a, batch_size: 1, transform: [{type: Mirrow}]",
            "PN014",
            "data.train.transform.0.type",
            "unknown transform",
        ),
        ("source: [a, b], batch_size: 1", "PN010", "data.train.source", "a text is needed"),
    ],
)
def test_a_set_that_is_none_is_told(written: str, code: str, path: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        data_of(f"{{train: {{{written}}}}}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why) == (code, path, why)
