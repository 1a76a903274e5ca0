from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.record import Blob, Setting
from protonet.layers.recurrent import Memory, RecurrentParams, Sizes, parts, shapes, sizes

ZEROS = torch.zeros(2, 3)


def test_a_memory_starts_with_zeros_and_recalls_what_was_kept() -> None:
    memory, kept = Memory(2), torch.ones(2, 3, requires_grad=True)

    first = memory.recall(ZEROS)
    memory.keep((kept * 2, kept * 3))
    second = memory.recall(ZEROS)

    assert [part.tolist() for part in first] == [ZEROS.tolist()] * 2
    assert [part.unique().tolist() for part in second] == [[2], [3]]
    assert not any(part.requires_grad for part in second)


def test_a_state_of_another_number_of_samples_is_forgotten() -> None:
    memory = Memory(1)
    memory.keep((torch.ones(4, 3),))
    assert memory.recall(ZEROS)[0].tolist() == ZEROS.tolist()


def test_a_state_has_the_type_of_the_sequence() -> None:
    memory = Memory(1)
    memory.keep((torch.ones(2, 3, dtype=torch.float16),))
    assert memory.recall(ZEROS)[0].dtype == torch.float32


def test_bottoms_are_told_apart() -> None:
    sequence, cont = torch.zeros(4, 2, 3, 5), torch.ones(4, 2, dtype=torch.int64)
    state = torch.ones(1, 2, 6, requires_grad=True)

    found = parts([sequence, cont, torch.zeros(2, 7, 1), state], has_static=True)

    assert found.sequence.shape == (4, 2, 15)
    assert (found.cont.shape, found.cont.dtype) == ((4, 2, 1), torch.float32)
    assert found.static is not None
    assert found.static.shape == (2, 7)
    assert [part.shape for part in found.state] == [(2, 6)]
    assert not found.state[0].requires_grad


def test_a_sequence_of_single_numbers_has_one_input() -> None:
    params = RecurrentParams(num_output=2)
    assert sizes(params, [Blob((4, 3)), Blob((4, 3))], 1) == Sizes(1, 0, 2)
    assert parts([torch.zeros(4, 3), torch.zeros(4, 3)], has_static=False).sequence.shape == (
        4,
        3,
        1,
    )


SEQUENCE, CONT, STATE = Blob((4, 3, 5)), Blob((4, 3)), Blob((1, 3, 2))


def test_tops_are_the_outputs_and_the_state_where_it_is_exposed() -> None:
    hidden, exposed = (RecurrentParams(num_output=2, expose_hidden=flag) for flag in (False, True))
    static = Blob((3, 7))

    assert shapes(hidden, [SEQUENCE, CONT, static], Setting(), 2) == (Blob((4, 3, 2)),)
    assert shapes(exposed, [SEQUENCE, CONT, static, STATE, STATE], Setting(tops=3), 2) == (
        Blob((4, 3, 2)),
        STATE,
        STATE,
    )
    assert sizes(exposed, [SEQUENCE, CONT, static, STATE, STATE], 2) == Sizes(5, 7, 2)
    assert sizes(exposed, [SEQUENCE, CONT, STATE, STATE], 2) == Sizes(5, 0, 2)


@pytest.mark.parametrize(
    ("bottoms", "keys", "tops", "why", "hint"),
    [
        (
            [SEQUENCE, CONT, STATE, STATE],
            {},
            1,
            "4 bottoms are named, with expose_hidden: false there are 2 or 3",
            "the sequence, cont, a static input if there is one",
        ),
        (
            [SEQUENCE, CONT],
            {"expose_hidden": True},
            3,
            "2 bottoms are named, with expose_hidden: true there are 4 or 5",
            "the sequence, cont, a static input if there is one, and 2 of state",
        ),
        (
            [SEQUENCE, CONT],
            {},
            3,
            "3 tops are named, with expose_hidden: false there are 1",
            "the outputs",
        ),
        (
            [SEQUENCE, CONT, STATE, STATE],
            {"expose_hidden": True},
            1,
            "1 tops are named, with expose_hidden: true there are 3",
            "the outputs, and the last state",
        ),
        ([Blob((4,)), CONT], {}, 1, "bottom 0 has the shape (4)", "a sequence is (T, N, …)"),
        (
            [SEQUENCE, Blob((3, 4))],
            {},
            1,
            "bottom 1 has the shape (3, 4), bottom 0 has (4, 3, 5)",
            "give 0 where a sequence begins and 1 where it goes on, (4, 3)",
        ),
        (
            [SEQUENCE, CONT, Blob((4, 7))],
            {},
            1,
            "bottom 2 has the shape (4, 7), bottom 0 has (4, 3, 5)",
            "the static input has one vector per sample: (3, …)",
        ),
        (
            [SEQUENCE, CONT, Blob((3, 7), torch.int64)],
            {},
            1,
            "bottom 2 holds int64, bottom 0 holds float32",
            "the static input and the sequence have one element type",
        ),
        (
            [SEQUENCE, CONT, STATE, Blob((3, 2))],
            {"expose_hidden": True},
            3,
            "bottom 3 has the shape (3, 2), bottom 0 has (4, 3, 5)",
            "give the state before the first step, (1, 3, 2)",
        ),
    ],
)
def test_refuses_other_bottoms_and_tops(
    bottoms: list[Blob], keys: dict[str, Any], tops: int, why: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as error:
        shapes(RecurrentParams(num_output=2, **keys), bottoms, Setting(tops=tops), 2)
    assert (error.value.why, error.value.hint) == (why, hint)
