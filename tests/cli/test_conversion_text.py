from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli.conversion_text import report_lines, table_lines
from protonet.convert import Report, TableReport
from protonet.data.header import FieldSpec, Header


def table(*fields: FieldSpec, **facts: object) -> TableReport:
    header = Header(fields=fields, count=7, content_hash="0", **facts)  # type: ignore[arg-type]  # as given
    return TableReport("a.lmdb", None, header)


NUMBERS = FieldSpec(name="data", dtype="float32", shape=(20,))
LABEL = FieldSpec(name="label", dtype="int64", shape=())


def test_of_many_numbers_ten_are_shown() -> None:
    many = tuple(float(number) for number in range(20))
    (_, line) = table_lines(table(NUMBERS, LABEL, mean=many, std=many))
    ten = ", ".join(f"{number}.00" for number in range(10))
    assert line == (f"    mean [{ten}, … (20 in all)], standard deviation [{ten}, … (20 in all)]")


def test_one_number_for_each_record_is_told() -> None:
    assert table_lines(table(FieldSpec(name="x", dtype="int64", shape=()))) == [
        "  a.lmdb: 7 records of one number (int64)"
    ]


def test_numbers_that_are_not_finite_are_told() -> None:
    """Tables of text refuse them; arrays are stored as they are."""
    told = report_lines(Report(Path("a.lmdb"), (table(NUMBERS, LABEL),), (), 1.0), caffe=False)
    note = (
        "note: data of a.lmdb has no finite mean: NaN or infinity is among its numbers, and a net "
        "that is trained on them learns nothing; repair them and convert again"
    )
    assert note in told
    finite = table(NUMBERS, LABEL, mean=(0.5,), std=(1.0,))
    assert note not in report_lines(Report(Path("a.lmdb"), (finite,), (), 1.0), caffe=False)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (NUMBERS, "data: [20]"),
        (LABEL, "label: {shape: [], dtype: int64}"),
        (FieldSpec(name="label", dtype="float32", shape=(2,)), "label: [2]"),
        (FieldSpec(name="data", dtype="uint8", shape=(3, 4, 5)), "data: [3, 4, 5]"),
        (FieldSpec(name="data", dtype="int32", shape=(9,), names=("a",)),
         "data: {shape: [9], dtype: int64}"),
        (FieldSpec(name="a.b", dtype="float32", shape=()), '"a.b": []'),
    ],
)  # fmt: skip
def test_an_input_takes_the_field_as_it_is(field: FieldSpec, expected: str) -> None:
    lines = report_lines(Report(Path("a.lmdb"), (table(field),), (), 1.0), caffe=False)
    assert f"  inputs: {{{expected}}}" in lines
