from __future__ import annotations

import numpy as np
import pytest

from protonet.protobuf.arrays import Array, array_of
from protonet.protobuf.schema import message_class
from protonet.protobuf.walk import BrokenError, Walk
from tests.protobuf.wire import blob, doubles, floats, halves, held, raw, shape, sides, whole


def array(content: bytes) -> Array:
    walk = Walk(content)
    message = message_class("BlobProto").FromString(walk.without_arrays("BlobProto"))
    return array_of(message, walk.pieces[()], content)


def test_numbers_in_a_row_are_a_view() -> None:
    content = blob((2, 2), 1, 2, 3, 4)

    found = array(content)

    assert found.tolist() == [[1, 2], [3, 4]]
    assert np.shares_memory(found, np.frombuffer(content, np.uint8))


def test_pieces_are_joined_and_tags_between_them_left_out() -> None:
    single = b"".join(b"\x2d" + floats(number) for number in (3, 4))

    assert array(held(5, floats(1, 2)) + single + shape(4)).tolist() == [1, 2, 3, 4]


def test_double_numbers_win() -> None:
    found = array(held(5, floats(1)) + held(8, doubles(2, 3)) + shape(2))

    assert found.dtype == np.float64
    assert found.tolist() == [2, 3]


def test_raw_numbers_are_what_their_type_says() -> None:
    """The bytes of NVCaffe's files: field 10 is the type, field 12 the numbers."""
    assert raw(2, b"\x00\x3e") == b"\x50\x02" + b"\x62\x02\x00\x3e"  # 1.5 as float16

    half = array(shape(3) + raw(2, halves(1.5, -2, 65504)))
    content = shape(1, 2) + raw(1, floats(0.1, 3))
    single = array(content)
    double = array(raw(0, doubles(0.1, 3)) + shape(2))

    assert [one.dtype.str for one in (half, single, double)] == ["<f4", "<f4", "<f8"]
    assert half.tolist() == [1.5, -2, 65504]
    assert single.tolist() == [[float(np.float32(0.1)), 3]]
    assert np.shares_memory(single, np.frombuffer(content, np.uint8))
    assert double.tolist() == [0.1, 3]
    assert array(shape(0, 3) + raw(2, b"")).shape == (0, 3)


def test_other_numbers_win_over_raw_ones_and_of_those_the_last() -> None:
    both = held(5, floats(1)) + raw(1, floats(2)) + shape(1)

    assert array(both).tolist() == [1]
    assert array(raw(1, floats(2)) + raw(1, floats(3)) + shape(1)).tolist() == [3]


def test_old_shapes_have_four_sides_and_new_ones_any() -> None:
    assert array(sides(1, 1, 1, 2) + held(5, floats(1, 2))).shape == (1, 1, 1, 2)
    assert array(held(7, b"") + held(5, floats(5))).shape == ()
    assert array(shape(0, 3)).shape == (0, 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (blob((3,), 1, 2), "its shape (3,) does not fit its 2 numbers"),
        (blob((2**40, 2**40)), f"its shape ({2**40}, {2**40}) does not fit its 0 numbers"),
        (blob((2**64 - 1, 2**64 - 2), 1, 2), "its shape (-1, -2) does not fit its 2 numbers"),
        (blob([1] * 33, 1), "its shape of 33 axes does not fit its 1 numbers"),
        (held(5, floats(1)), "its shape (0, 0, 0, 0) does not fit its 1 numbers"),
        (shape(3) + raw(2, halves(1, 2)), "its shape (3,) does not fit its 2 numbers"),
        (shape(1) + raw(0, floats(1)), "its numbers end in the middle of one"),
        (
            shape(1) + raw(3, floats(1)),
            "the type of its raw numbers is 3, and NVCaffe reads 0 (double), 1 (float) and 2 "
            "(float16)",
        ),
        (
            shape(1) + held(12, floats(1)),
            "the type of its raw numbers is not said, and NVCaffe reads 0 (double), 1 (float) and "
            "2 (float16)",
        ),
        (shape(1) + whole(10, 1), "its shape (1,) does not fit its 0 numbers"),
    ],
)
def test_a_shape_that_is_not_that_of_its_numbers_is_refused(content: bytes, expected: str) -> None:
    with pytest.raises(BrokenError) as error:
        array(content)
    assert str(error.value) == expected
