from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.context import Context
from protonet.caffe.inputs import (
    Declared,
    declared_by_fields,
    declared_by_input_layer,
    inputs_of,
    maker_of,
)
from protonet.errors import UsageError
from protonet.problems import Mark, SourceText
from tests.caffe.reading import checked, context, layers, refused

TEXT = SourceText("net.prototxt", ('top: "data"',))
AT = Mark(TEXT, 1, 6, 12)

Pairs = list[tuple[str, tuple[int, ...] | None]]


def of_fields(text: str, within: Context) -> Pairs:
    declared = declared_by_fields(checked(text, "NetParameter"), within)
    return [(each.blob, each.shape) for each in declared]


def of_layer(text: str, within: Context) -> Pairs:
    (layer,) = layers(text)
    return [(each.blob, each.shape) for each in declared_by_input_layer(layer, within)]


def declared(shape: tuple[int, ...] | None, *, batched: bool, blob: str = "data") -> Declared:
    return Declared(blob, AT, shape, batched, "the Data layer mnist")


def section(
    *places: Declared, within: Context | None = None, indices: frozenset[str] = frozenset()
) -> Any:
    return inputs_of(places, indices, within or context(), AT).data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("input: 'a' input_shape { dim: 2 dim: 3 }", [("a", (2, 3))]),
        ("input: 'a' input_shape { }", [("a", ())]),
        (
            "input: 'a' input: 'b' input_dim: [1, 2, 3, 4] input_dim: [5, 6, 7, 8]",
            [("a", (1, 2, 3, 4)), ("b", (5, 6, 7, 8))],
        ),
        ("input: 'a'", [("a", None)]),
    ],
)
def test_inputs_of_the_net_itself_are_found(text: str, expected: Pairs) -> None:
    assert of_fields(text, context()) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "input: 'a' input: 'b' input_shape { dim: 2 }",
            """\
error[PN013] net.prototxt:1:23 input_shape: 1 input_shape for 2 input, each needs one
    1 | input: 'a' input: 'b' input_shape { dim: 2 }
      |                       ^^^^^^^^^^^
      see: protonet explain PN013
1 error in net.prototxt""",
        ),
        (
            "input: 'a' input_dim: 1 input_dim: 3",
            """\
error[PN013] net.prototxt:1:12 input_dim: 2 input_dim for 1 input, each needs four
    1 | input: 'a' input_dim: 1 input_dim: 3
      |            ^^^^^^^^^
      see: protonet explain PN013
1 error in net.prototxt""",
        ),
        (
            "input: 'a' input_dim: 1 input_shape { dim: 1 }",
            """\
error[PN015] net.prototxt:1:12 input_dim: input_dim and input_shape say the same thing in two ways
    1 | input: 'a' input_dim: 1 input_shape { dim: 1 }
      |            ^^^^^^^^^
      keep input_shape                          see: protonet explain PN015
1 error in net.prototxt""",
        ),
    ],
    ids=["shapes", "sizes", "both"],
)
def test_inputs_whose_shapes_do_not_fit_are_refused(text: str, message: str) -> None:
    within = context()

    assert of_fields(text, within) == []
    assert refused(within.report) == message


@pytest.mark.parametrize(
    ("tops", "shapes", "expected"),
    [
        ("top: 'a'", "input_param { shape { dim: 2 dim: 3 } }", [("a", (2, 3))]),
        (
            "top: 'a' top: 'b'",
            "input_param { shape { dim: 2 } shape { dim: 3 } }",
            [("a", (2,)), ("b", (3,))],
        ),
        ("top: 'a' top: 'b'", "input_param { shape { dim: 2 } }", [("a", (2,)), ("b", (2,))]),
        ("top: 'a'", "", [("a", None)]),
    ],
)
def test_tops_of_an_input_layer_are_inputs(tops: str, shapes: str, expected: Pairs) -> None:
    assert of_layer(f"layer {{ type: 'Input' {tops} {shapes} }}", context()) == expected


def test_an_input_layer_with_too_few_shapes_is_refused() -> None:
    within = context()
    text = """\
layer {
  name: "in" type: "Input" top: "a" top: "b" top: "c"
  input_param { shape { dim: 2 } shape { dim: 3 } }
}"""
    assert of_layer(text, within) == []
    assert (
        refused(within.report)
        == """\
error[PN013] net.prototxt:1:7 layer.in.input_param: 2 shapes for 3 tops
    1 | layer {
      |       ^
      one for each, or one for all              see: protonet explain PN013
1 error in net.prototxt"""
    )


def test_a_literal_shape_holds_the_batch() -> None:
    assert section(declared((10, 3, 8, 8), batched=False)) == {
        "data": {"shape": [10, 3, 8, 8], "batch": False}
    }


def test_the_tops_of_data_layers_do_without_the_batch() -> None:
    assert section(declared((3, 8, 8), batched=True)) == {"data": {"shape": [3, 8, 8]}}


def test_what_several_layers_give_is_one_input() -> None:
    places = declared(None, batched=True), declared((8, 8), batched=True)

    assert section(*places) == {"data": {"shape": [8, 8]}}


def test_beside_a_data_layer_an_input_layers_first_axis_is_the_batch() -> None:
    places = declared(None, batched=True), declared((10, 3, 8, 8), batched=False)

    assert section(*places) == {"data": {"shape": [3, 8, 8]}}


def test_class_indices_are_whole_numbers() -> None:
    label = declared((), batched=True, blob="label")

    assert section(label, indices=frozenset({"label"})) == {
        "label": {"dtype": "int64", "shape": []}
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((1, 28, 28), {"shape": [1, 28, 28]}),
        (("T", "N", 4), {"shape": ["T", "N", 4]}),
        ({"shape": [2, 3], "batch": False}, {"shape": [2, 3], "batch": False}),
    ],
)
def test_the_callers_shape_wins(given: Any, expected: dict[str, Any]) -> None:
    within = context({"data": given})

    assert section(declared((3, 8, 8), batched=True), within=within) == {"data": expected}


def test_the_callers_element_type_wins() -> None:
    within = context({"data": {"shape": [], "dtype": "int32"}})

    found = section(declared(None, batched=True), within=within, indices=frozenset({"data"}))

    assert found == {"data": {"dtype": "int32", "shape": []}}


def test_a_shape_that_nobody_says_is_asked_for() -> None:
    within = context()

    assert section(declared(None, batched=True), within=within) == {}
    assert refused(within.report) == (
        "error[PN011] net.prototxt:1:6 net.inputs.data.shape: "
        "the Data layer mnist gives data, and the prototxt does not say its shape\n"
        '    1 | top: "data"\n'
        "      |      ^^^^^^\n"
        "      give it, without the batch axis: net.inputs.data=[3,224,224]  "
        "see: protonet explain PN011\n"
        "1 error in net.prototxt"
    )


def test_a_shape_for_no_input_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        section(declared((1,), batched=True), within=context({"date": (1,)}))
    assert str(error.value) == "shapes: the net has no input date; did you mean data?"


def test_a_layer_is_called_by_its_type_and_name() -> None:
    (named, nameless) = layers("layer { type: 'Data' name: 'x' } layer { type: 'Data' }")

    assert (maker_of(named), maker_of(nameless)) == ("the Data layer x", "the Data layer")
