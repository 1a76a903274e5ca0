"""A header is JSON of one form; another form, or a later version, is refused in one sentence."""

from __future__ import annotations

import json

import pytest

from protonet.data.header import FieldSpec, Header, read_header
from protonet.errors import DataError
from tests.data.tables import TINY_HEADER


def test_the_json_of_a_header_is_pinned_both_ways() -> None:
    header = Header(
        fields=(
            FieldSpec(name="data", dtype="uint8", shape=(3, 2, 2)),
            FieldSpec(name="text", dtype="uint8", shape=None, kind="variable"),
        ),
        count=7,
        channels="BGR",
        classes=("Käse", "cat"),
        class_counts=(3, 4),
        mean=(0.5, 1.0, 2.0),
        std=(0.25, 0.0, 1e-3),
        sorted_labels=True,
        content_hash="ab",
        made_by={"command": "protonet convert"},
    )
    text = (
        '{"version":1,"fields":[{"name":"data","dtype":"uint8","shape":[3,2,2],"kind":"fixed"},'
        '{"name":"text","dtype":"uint8","shape":null,"kind":"variable"}],"count":7,'
        '"channels":"BGR","classes":["Käse","cat"],"class_counts":[3,4],"mean":[0.5,1.0,2.0],'
        '"std":[0.25,0.0,0.001],"sorted_labels":true,"content_hash":"ab",'
        '"made_by":{"command":"protonet convert"}}'
    )
    assert header.model_dump_json() == text
    assert read_header(text, "x.lmdb") == header
    assert read_header(text.encode(), "x.lmdb") == header


def test_a_field_is_found_by_name() -> None:
    header = read_header(TINY_HEADER, "x.lmdb")
    assert header.field("label") == FieldSpec(name="label", dtype="int64", shape=())
    assert header.field("labels") is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        TINY_HEADER.replace(b'"count":2', b'"count":-2'),
        TINY_HEADER.replace(b'"count":2', b'"count":2.5'),
        TINY_HEADER.replace(b'"count":2,', b""),
        TINY_HEADER.replace(b'"count"', b'"colour":1,"count"'),
        TINY_HEADER.replace(b'"version":1', b'"version":"1"'),
    ],
    ids=[
        "empty",
        "cut short",
        "a list",
        "not UTF-8",
        "too deep",
        "a negative count",
        "half a record",
        "no count",
        "an unknown key",
        "a version that is a text",
    ],
)
def test_what_is_no_header_is_refused(text: bytes) -> None:
    with pytest.raises(DataError) as caught:
        read_header(text, "x.lmdb/train")
    assert (
        str(caught.value)
        == "x.lmdb/train: the header is damaged or not protonet's; convert the data again"
    )


def test_a_later_version_is_named_even_where_its_header_has_another_form() -> None:
    later = json.dumps({"version": 2, "columns": ["data"]})
    with pytest.raises(DataError) as caught:
        read_header(later, "x.h5")
    assert str(caught.value) == (
        "x.h5: format version 2 is newer than this protonet reads (1); "
        "upgrade protonet, or convert the data again"
    )


def test_a_field_may_name_its_numbers_and_their_columns() -> None:
    colour = FieldSpec(name="colour", dtype="int64", shape=(), names=("red", "blue"))
    table = FieldSpec(name="data", dtype="float32", shape=(2,), columns=("x", "y"))
    assert colour.model_dump_json() == (
        '{"name":"colour","dtype":"int64","shape":[],"kind":"fixed","names":["red","blue"]}'
    )
    assert table.model_dump_json() == (
        '{"name":"data","dtype":"float32","shape":[2],"kind":"fixed","columns":["x","y"]}'
    )
    assert FieldSpec.model_validate_json(table.model_dump_json()) == table
