from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.layers.record import (
    ONE,
    SOME,
    TWO,
    Arity,
    Blob,
    LayerType,
    NoParams,
    Setting,
    same_as_first,
    single_number,
)

PLAIN = LayerType(
    name="Plain", params=NoParams, build=lambda params, bottoms, setting: nn.Identity()
)


def test_a_blob_is_written_as_its_shape() -> None:
    assert str(Blob((2, 3))) == "(2, 3)"
    assert str(Blob((2,))) == "(2)"
    assert str(Blob(())) == "()"


def test_the_rank_of_a_blob_is_its_number_of_axes() -> None:
    assert [Blob(shape).rank for shape in ((), (5,), (2, 3, 4, 5))] == [0, 1, 4]


def test_blobs_of_one_shape_and_type_are_equal() -> None:
    assert Blob((2, 3)) == Blob((2, 3), torch.float32)
    assert Blob((2, 3)) != Blob((2, 3), torch.int64)


@pytest.mark.parametrize(
    ("arity", "admitted", "words"),
    [
        (ONE, [1], "1"),
        (TWO, [2], "2"),
        (SOME, [1, 2, 3, 4], "at least 1"),
        (Arity(1, 3), [1, 2, 3], "1 to 3"),
        (Arity(0, 0), [0], "0"),
    ],
)
def test_an_arity_admits_what_its_words_say(arity: Arity, admitted: list[int], words: str) -> None:
    assert [number for number in range(5) if arity.admits(number)] == admitted
    assert str(arity) == words


def test_targets_are_counted_from_either_end() -> None:
    first_and_last = LayerType(
        name="Judge", params=NoParams, build=PLAIN.build, bottoms=SOME, targets=(1, -1)
    )
    assert [first_and_last.is_target(place, 4) for place in range(4)] == [False, True, False, True]
    assert not any(PLAIN.is_target(place, 4) for place in range(4))


def test_a_plain_type_has_one_bottom_one_top_and_nothing_else() -> None:
    params = NoParams()
    assert (PLAIN.bottoms, PLAIN.tops, PLAIN.kind) == (ONE, ONE, "layer")
    assert not PLAIN.parameters
    assert not PLAIN.targets
    assert not PLAIN.fillers(params)
    assert not PLAIN.exclusions
    assert PLAIN.multiply_adds(params, [Blob((2, 3))], [Blob((2, 3))]) == 0
    assert PLAIN.freeze(params) is params
    assert PLAIN.deploy is None
    assert PLAIN.infer is None


def test_a_setting_is_for_training_and_one_top_unless_told_otherwise() -> None:
    assert Setting() == Setting("train", 1)


def test_the_top_may_be_one_number_of_the_first_bottoms_type() -> None:
    bottoms = [Blob((2, 3), torch.float64), Blob((2,), torch.int64)]
    assert single_number(NoParams(), bottoms, Setting()) == (Blob((), torch.float64),)


def test_the_top_may_be_the_same_as_the_first_bottom() -> None:
    bottoms = [Blob((2, 3), torch.float64), Blob((3,))]
    assert same_as_first(NoParams(), bottoms, Setting()) == (Blob((2, 3), torch.float64),)
