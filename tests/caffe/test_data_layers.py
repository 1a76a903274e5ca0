from __future__ import annotations

import pytest

from protonet.caffe.data_layers import declared_by_data_layer, own
from tests.caffe.reading import layers

TOPS = "top: 'data' top: 'label'"


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("type: 'Data' data_param { batch_size: 4 }", [None, ()]),
        ("type: 'HDF5Data' hdf5_data_param { batch_size: 4 }", [None, None]),
        ("type: 'ImageData'", [None, ()]),
        ("type: 'ImageData' image_data_param { new_height: 8 new_width: 9 }", [(3, 8, 9), ()]),
        (
            "type: 'ImageData' image_data_param { new_height: 8 new_width: 9 is_color: false }",
            [(1, 8, 9), ()],
        ),
        ("type: 'ImageData' transform_param { crop_size: 5 }", [(3, 5, 5), ()]),
        (
            "type: 'MemoryData' memory_data_param { batch_size: 4 channels: 2 height: 8 width: 9 }",
            [(2, 8, 9), ()],
        ),
        (
            "type: 'MemoryData' transform_param { crop_size: 5 } "
            "memory_data_param { channels: 2 height: 8 width: 9 }",
            [(2, 5, 5), ()],
        ),
        ("type: 'MemoryData'", [None, ()]),
        ("type: 'WindowData' transform_param { crop_size: 5 }", [(3, 5, 5), ()]),
        ("type: 'WindowData'", [None, ()]),
    ],
)
def test_shapes_that_the_prototxt_says_are_taken(
    text: str, shapes: list[tuple[int, ...] | None]
) -> None:
    (layer,) = layers(f"layer {{ {text} {TOPS} }}")

    declared = list(declared_by_data_layer(layer))

    assert [each.blob for each in declared] == ["data", "label"]
    assert [each.shape for each in declared] == shapes
    assert all(each.batched for each in declared)


def test_found_shapes_win_by_the_names_of_the_tops() -> None:
    (layer,) = layers("layer { type: 'HDF5Data' top: 'x' top: 'y' top: 'z' }")

    declared = declared_by_data_layer(layer, {"y": (2,), "x": (3, 4)})

    assert [each.shape for each in declared] == [(3, 4), (2,), None]


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("type: 'ImageData' image_data_param { new_height: 8 new_width: 9 }", "BGR"),
        ("type: 'ImageData' image_data_param { new_height: 8 new_width: 9 is_color: false }", None),
        ("type: 'ImageData'", None),
        ("type: 'WindowData' transform_param { crop_size: 5 }", "BGR"),
    ],
)
def test_files_are_decoded_blue_first(text: str, channels: str | None) -> None:
    (layer,) = layers(f"layer {{ {text} {TOPS} }}")

    assert [each.channels for each in declared_by_data_layer(layer)] == [channels, None]


def test_own_keys_are_those_of_the_type() -> None:
    one, other = layers(
        "layer { type: 'Data' data_param { batch_size: 4 } } layer { type: 'Data' }"
    )

    assert [field.name for field in own(one).fields] == ["batch_size"]
    assert own(other).fields == ()
