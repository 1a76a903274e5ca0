from __future__ import annotations

from protonet.caffe.field_types import COUNT, LONG, TEXT, WHOLE, choice, many, message


def test_whole_numbers_have_protobufs_bounds() -> None:
    assert WHOLE.bounds == (-2147483648, 2147483647)
    assert COUNT.bounds == (0, 4294967295)
    assert LONG.bounds == (-9223372036854775808, 9223372036854775807)


def test_choices_are_counted_from_the_first() -> None:
    assert choice("MAX", "AVE").choices == {"MAX": 0, "AVE": 1}
    assert choice("L1", "L2", first=1).choices == {"L1": 1, "L2": 2}


def test_many_is_the_same_type_several_times() -> None:
    assert not TEXT.repeated
    assert many(TEXT).repeated
    assert many(TEXT).kind == TEXT.kind


def test_a_message_names_its_table() -> None:
    assert (message("NetState").kind, message("NetState").message) == ("message", "NetState")
