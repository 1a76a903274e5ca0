"""Records are drawn as often as the spec says, by a field of the dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import DataError
from tests.run.drawn import LABELS, open_drawn, read_numbers, refusal, write_drawn


@pytest.fixture(autouse=True)
def _set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_drawn(tmp_path)


def drawn(folder: Path, sampling: str, count: int, *overrides: str) -> list[int]:
    """Return how often each record is among the first that are drawn."""
    order = open_drawn(folder, f"data.train.sampling={sampling}", *overrides).order(3)
    return list(np.bincount(order.rows(np.arange(count)), minlength=order.count).tolist())


def classes(times: list[int]) -> list[float]:
    return list(np.bincount(LABELS, weights=times).tolist())


@pytest.mark.parametrize("shuffle", ["true", "false"])
def test_balanced_draws_every_class_equally_often(tmp_path: Path, shuffle: str) -> None:
    """Of 3 x 40 draws 40 are of each class: every record of 40 once, of 8 five times, of 2 twenty
    times."""
    times = drawn(tmp_path, "balanced", 120, f"data.train.shuffle={shuffle}")
    assert times == [1] * 40 + [5] * 8 + [20] * 2


def test_classes_are_drawn_by_weight_and_those_without_by_one(tmp_path: Path) -> None:
    """3, 0.5 and 1: of 9 draws 6, 1 and 2; and the name of a class goes before its number."""
    for weights in ("{cat: 3, dog: 0.5}", "{0: 3, dog: 0.5, 2: 1}"):
        assert classes(drawn(tmp_path, f"{{weights: {weights}}}", 900)) == [600, 100, 200]
    assert classes(drawn(tmp_path, "{weights: {cat: 0}}", 900)) == [0, 450, 450]


def test_classes_may_be_those_of_another_field(tmp_path: Path) -> None:
    """Half of the 50 records are of quality 1, every second."""
    times = np.array(drawn(tmp_path, "{by: quality, weights: {1: 4}}", 500))
    assert (times[::2].sum(), times[1::2].sum()) == (100, 400)


def test_records_are_drawn_by_their_own_weight(tmp_path: Path) -> None:
    """Weights 0, 1, 2, 3, 0, … of 50 records sum up to 73: 50/73 times that in each epoch."""
    times = np.array(drawn(tmp_path, "{weight: importance}", 50 * 73))
    assert set(times[::4]) == {0}
    for weight in (1, 2, 3):
        assert times[weight::4] == pytest.approx(50 * weight, abs=5 * np.sqrt(73 / 4))


def test_the_reader_gives_what_is_drawn(tmp_path: Path) -> None:
    """Six draws are two periods of three classes."""
    numbers = read_numbers(tmp_path, "data.train.sampling=balanced", batches=6, seed=3)
    assert [sorted(period) for period in LABELS[numbers].reshape(10, 3).tolist()] == [
        [0, 1, 2]
    ] * 10
    wanted = open_drawn(tmp_path, "data.train.sampling=balanced").order(3).rows(np.arange(30))
    assert numbers == wanted.tolist()


SHAPE = "a whole number for each record is needed to draw by"


@pytest.mark.parametrize(
    ("sampling", "below", "why", "hint"),
    [
        ("{by: labl}", ".by", "the dataset has no field labl", "did you mean label?"),
        (
            "{weight: imp}",
            ".weight",
            "the dataset has no field imp",
            "known: data, importance, label, quality",
        ),
        ("{by: data}", ".by", f"data is float32 of the shape [2], and {SHAPE}", ""),
        ("{by: importance}", ".by", f"importance is float32 of the shape [], and {SHAPE}", ""),
        (
            "{weights: {catt: 2}}",
            ".weights.catt",
            "the dataset has no class catt",
            "did you mean cat?",
        ),
        ("{weights: {3: 2}}", ".weights.3", "the dataset has no class 3", "known: cat, dog, emu"),
        (
            "{weights: {-1: 2}}",
            ".weights.-1",
            "the dataset has no class -1",
            "known: cat, dog, emu",
        ),
        (
            "{by: quality, weights: {good: 2}}",
            ".weights.good",
            "the classes have no names, and good is no number",
            "",
        ),
    ],
)
def test_what_cannot_be_drawn_by_is_refused(
    tmp_path: Path, sampling: str, below: str, why: str, hint: str
) -> None:
    assert refusal(tmp_path, f"data.train.sampling={sampling}") == [
        ("PN040", f"data.train.sampling{below}", why, hint)
    ]


def test_a_weight_needs_one_number_for_each_record(tmp_path: Path) -> None:
    why = "data is float32 of the shape [2], and a number for each record is needed to draw by"
    assert refusal(tmp_path, "data.train.sampling={weight: data}") == [
        ("PN040", "data.train.sampling.weight", why, "")
    ]


def failure(folder: Path, sampling: str) -> str:
    with pytest.raises(DataError) as caught:
        drawn(folder, sampling, 1)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_class_without_records_has_no_weight(tmp_path: Path) -> None:
    assert failure(tmp_path, "{by: quality, weights: {7: 2}}") == (
        "many.lmdb: no record is of class 7, to which sampling gives a weight"
    )
    assert classes(drawn(tmp_path, "{by: quality, weights: {7: 0, 0: 1}}", 100))


def test_some_class_that_has_records_has_a_weight(tmp_path: Path) -> None:
    write_drawn(tmp_path, labels=np.zeros(5, np.int64))
    assert failure(tmp_path, "{weights: {cat: 0}}") == (
        "many.lmdb: sampling gives every class that has records the weight 0"
    )


def test_a_class_that_is_named_and_absent_may_be_left_out(tmp_path: Path) -> None:
    """All classes are named but one, which no record is of."""
    write_drawn(tmp_path, labels=np.array([0, 0, 1]))
    assert drawn(tmp_path, "{weights: {emu: 0}}", 40) == [10, 10, 20]


@pytest.mark.parametrize(
    ("weight", "why"),
    [
        (
            -1.0,
            "record 2 has the importance -1, and records are drawn by it; a weight is a finite "
            "number of at least 0",
        ),
        (
            np.nan,
            "record 2 has the importance nan, and records are drawn by it; a weight is a "
            "finite number of at least 0",
        ),
        (0.0, "every record has the importance 0, so none can be drawn"),
    ],
)
def test_weights_are_finite_and_some_above_0(tmp_path: Path, weight: float, why: str) -> None:
    write_drawn(tmp_path, importance=np.array([0.0, 0.0, weight, 0.0]), labels=np.zeros(4, int))
    assert failure(tmp_path, "{weight: importance}") == f"many.lmdb: {why}"
