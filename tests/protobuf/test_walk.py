from __future__ import annotations

import pytest

from protonet.protobuf import walk
from protonet.protobuf.schema import message_class
from protonet.protobuf.walk import BrokenError, Piece, Walk
from tests.protobuf.wire import (
    blob,
    doubles,
    floats,
    held,
    layer,
    raw,
    shape,
    v0_layer,
    v1_layer,
    whole,
)


def walked(content: bytes, name: str = "NetParameter") -> tuple[Walk, bytes]:
    found = Walk(content)
    return found, found.without_arrays(name)


def why(content: bytes, name: str = "NetParameter") -> str:
    with pytest.raises(BrokenError) as error:
        walked(content, name)
    return str(error.value)


def test_arrays_are_found_and_left_out_of_what_protobuf_reads() -> None:
    content = layer("a", blob((2,), 1, 2)) + layer("b", blob((1,), 3), blob((1,), 4))

    found, rest = walked(content)

    assert found.pieces == {
        ((100, 0), (7, 0)): [Piece(content.index(floats(1, 2)), 2, "<f4", 4)],
        ((100, 1), (7, 0)): [Piece(content.index(floats(3)), 1, "<f4", 4)],
        ((100, 1), (7, 1)): [Piece(content.index(floats(4)), 1, "<f4", 4)],
    }
    net = message_class("NetParameter").FromString(rest)
    assert [one.name for one in net.layer] == [b"a", b"b"]
    assert [list(one.shape.dim) for one in net.layer[1].blobs] == [[1], [1]]
    assert all(not one.data for each in net.layer for one in each.blobs)


def test_old_layers_have_places_of_their_own() -> None:
    content = v1_layer("a", blob((1,), 1)) + v0_layer("b", blob((1,), 2))

    found, _ = walked(content)

    assert list(found.pieces) == [((2, 0), (6, 0)), ((2, 1), (1, 0), (50, 0))]


def test_numbers_that_are_not_packed_are_one_piece() -> None:
    single = b"".join(b"\x2d" + floats(number) for number in range(100))
    content = single + held(5, floats(7, 8)) + whole(1, 3) + b"\x41" + doubles(9)

    found, rest = walked(content, "BlobProto")

    assert found.pieces == {
        (): [
            Piece(1, 100, "<f4", 5),
            Piece(502, 2, "<f4", 4),
            Piece(len(content) - 8, 1, "<f8", 9),
        ]
    }
    assert rest == whole(1, 3)


def test_raw_numbers_stay_where_they_are_and_their_type_is_kept() -> None:
    content = raw(2, b"abcd") + held(13, b"gradients")

    found, rest = walked(content, "BlobProto")

    assert found.pieces == {(): [Piece(content.index(b"abcd"), 4, "|u1", 1)]}
    assert rest == whole(10, 2)


def test_gradients_are_passed_over() -> None:
    found, rest = walked(
        held(6, floats(1)) + b"\x35" + floats(2) + held(9, doubles(3)), "BlobProto"
    )

    assert (found.pieces, rest) == ({(): []}, b"")


def test_fields_that_nobody_knows_are_kept_as_they_are() -> None:
    unknown = whole(999, 300) + held(77, b"text") + b"\x0d" + floats(1) + b"\x11" + doubles(2)

    assert walked(unknown)[1] == unknown


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"\xa2\x06\x05\x0a", "NetParameter", "it ends within field 100"),
        (b"\xa2", "NetParameter", "it ends within a number"),
        (b"\x00\x01", "NetParameter", "it has a field of number 0"),
        (b"\xff" * 11, "NetParameter", "a number in it has more than ten bytes"),
        (b"\x0b\x0c", "NetParameter", "field 1 is of an unknown kind, 3"),
        (held(100, b"\x3a\x7f"), "NetParameter", "it ends within field 7"),
        (
            held(100, held(7, held(5, b"abc"))),
            "NetParameter",
            "its numbers end in the middle of one",
        ),
        (b"\x29" + doubles(1), "BlobProto", "its numbers are of another size than they say"),
        (b"\x65" + floats(1), "BlobProto", "its numbers are of another size than they say"),
    ],
)
def test_what_lies_about_its_length_is_refused(content: bytes, name: str, expected: str) -> None:
    assert why(content, name) == expected


def test_a_flood_of_fields_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_FIELDS", 10)

    assert why(whole(1, 1) * 11) == "it has more than 10 fields"
    assert why((b"\x2a\x00") * 11, "BlobProto") == "it has more than 10 fields"


def test_what_is_no_array_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_REST", 1 << 20)

    assert why(held(1, bytes((1 << 20) + 1))) == "it holds more than 1 MiB beside its arrays"
    assert walked(layer("a", shape(1) + held(5, bytes(2 << 20))))[0].rest < 100
    assert walked(layer("a", shape(1) + raw(1, bytes(2 << 20))))[0].rest < 100
