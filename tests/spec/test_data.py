"""The data section: sets of samples."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.data import DataSpec, deciding_set, evaluation_sets, is_known, placed
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


@pytest.mark.parametrize(
    ("names", "decides"),
    [
        (("train", "test", "val"), "val"),
        (("test", "train", "other"), "test"),
        (("train",), None),
        ((), None),
    ],
)
def test_val_decides_which_weights_are_best_and_else_the_first(
    names: tuple[str, ...], decides: str | None
) -> None:
    assert deciding_set(names) == decides


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
        (
            "source: 7, batch_size: 1",
            "PN010",
            "data.train.source",
            "a text is needed, or a list of texts, or a map of weights",
        ),
    ],
)
def test_a_set_that_is_none_is_told(written: str, code: str, path: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        data_of(f"{{train: {{{written}}}}}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why) == (code, path, why)


def test_a_map_is_one_source_at_the_place_of_the_set() -> None:
    train = data_of("{train: {source: a, batch_size: 2}}")["train"]
    assert [(place, one.source) for place, one in train.sources.items()] == [((), "a")]


def test_a_list_of_sources_is_batched_as_its_first_says() -> None:
    train = data_of(
        "{train: [{source: a, batch_size: 2, shuffle: true, stage: s, transform: {mirror: true}},"
        " {source: b, fields: {data: mask}}, {source: c, batch_size: 2, shuffle: true, stage: s}]}"
    )["train"]
    assert (train.batch_size, train.shuffle, train.stage) == (2, True, "s")
    assert [(place, one.source) for place, one in train.sources.items()] == [
        *(((0,), "a"), ((1,), "b"), ((2,), "c"))
    ]
    assert [one.fields for one in train.sources.values()] == [{}, {"data": "mask"}, {}]
    assert [bool(one.transform) for one in train.sources.values()] == [True, False, False]


def test_what_is_written_as_one_or_as_a_list_is_walked_alike() -> None:
    assert list(placed({"source": "a"})) == [((), {"source": "a"})]
    assert list(placed(["a", "b"])) == [((0,), "a"), ((1,), "b")]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "[{source: a, batch_size: 2}, {source: b, batch_size: 4}]",
            """\
error[PN015] net.yaml:1:68 data.train.1.batch_size: the first source has batch_size: 2, and all \
are read in step
    1 | data: {train: [{source: a, batch_size: 2}, {source: b, batch_size: 4}]}
      |                                                                    ^
      got 4; leave it out here                  see: protonet explain PN015
1 error in net.yaml""",
        ),
        (
            "[{source: a, batch_size: 2}, {source: b, shuffle: true, stage: s}]",
            """\
error[PN015] net.yaml:1:65 data.train.1.shuffle: the first source has shuffle: false, and all \
are read in step
    1 | data: {train: [{source: a, batch_size: 2}, {source: b, shuffle: true, stage: s}]}
      |                                                                 ^^^^
      got true; leave it out here               see: protonet explain PN015
error[PN015] net.yaml:1:78 data.train.1.stage: the first source has no stage, and all are read \
in step
    1 | data: {train: [{source: a, batch_size: 2}, {source: b, shuffle: true, stage: s}]}
      |                                                                              ^
      got "s"; leave it out here                see: protonet explain PN015
2 errors in net.yaml""",
        ),
        (
            "[{source: {a: 3, b: 1}, batch_size: 2}, {source: c}]",
            """\
error[PN015] net.yaml:1:64 data.train.1.source: the first source has the weights 3, 1, and all are \
read in step
    1 | data: {train: [{source: {a: 3, b: 1}, batch_size: 2}, {source: c}]}
      |                                                                ^
      got "c"; write as many here, with the same weights  see: protonet explain PN015
1 error in net.yaml""",
        ),
        (
            "[{source: a, batch_size: 2, sampling: balanced}, {source: c, sampling: {by: x}}]",
            """\
error[PN015] net.yaml:1:86 data.train.1.sampling: the first source has sampling: balanced, and \
all are read in step
    1 | data: {train: [{source: a, batch_size: 2, sampling: balanced}, \
{source: c, sampling: {by: x}}]}
      |                                                                                      ^^^^^^^
      leave it out here                         see: protonet explain PN015
1 error in net.yaml""",
        ),
        (
            "[]",
            """\
error[PN013] net.yaml:1:15 data.train: a list of sources has at least one
    1 | data: {train: []}
      |               ^^
      got []                                    see: protonet explain PN013
1 error in net.yaml""",
        ),
        (
            "[{source: a}, {sourc: b, fallback: digits}]",
            """\
error[PN011] net.yaml:1:16 data.train.0.batch_size: missing
    1 | data: {train: [{source: a}, {sourc: b, fallback: digits}]}
      |                ^^^^^^^^^^^
      see: protonet explain PN011
error[PN011] net.yaml:1:29 data.train.1.source: missing
    1 | data: {train: [{source: a}, {sourc: b, fallback: digits}]}
      |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      see: protonet explain PN011
error[PN012] net.yaml:1:30 data.train.1.sourc: unknown key
    1 | data: {train: [{source: a}, {sourc: b, fallback: digits}]}
      |                              ^^^^^
      got "b"; did you mean source?             see: protonet explain PN012
3 errors in net.yaml""",
        ),
        (
            "[{source: a, batch_size: 2}, b]",
            """\
error[PN010] net.yaml:1:44 data.train.1: a map is needed
    1 | data: {train: [{source: a, batch_size: 2}, b]}
      |                                            ^
      got "b"                                   see: protonet explain PN010
1 error in net.yaml""",
        ),
    ],
)
def test_a_list_that_is_none_is_told_at_its_source(written: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        data_of(f"{{train: {written}}}")
    assert str(caught.value) == message
