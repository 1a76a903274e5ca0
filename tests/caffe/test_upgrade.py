from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe import import_net
from protonet.caffe.report import Report
from protonet.caffe.text_format import Message
from protonet.caffe.upgrade import upgraded
from tests.caffe.reading import NAME, checked, lines, refused

UPGRADE = ("v0", "v1", "bn_params", "input_fields")


def tree(net: Message) -> list[object]:
    """Return names and values, without places."""
    return [
        (one.name, tree(one.value) if isinstance(one.value, Message) else one.value.value)
        for one in net.fields
    ]


def made(text: str) -> tuple[list[object], Report]:
    report = Report(NAME)
    return tree(upgraded(checked(text, "NetParameter"), report)), report


@pytest.mark.parametrize("name", UPGRADE)
def test_a_net_becomes_what_caffes_own_tool_makes_of_it(name: str, reference: Path) -> None:
    folder, shapes = reference / "golden" / "upgrade", {"data": (3, 30, 30)} if name == "v1" else {}

    ours = import_net(folder / f"{name}.prototxt", shapes).origin.data
    theirs = import_net(folder / f"{name}.upgraded.prototxt", shapes).origin.data

    assert ours == theirs


def test_a_net_of_today_stays_as_it_is() -> None:
    net = checked('layer { name: "a" type: "ReLU" }', "NetParameter")

    assert upgraded(net, Report(NAME)) is net


def test_lists_of_rates_become_one_message_for_each_parameter() -> None:
    found, report = made(
        'layers { type: 4 name: "c" blobs_lr: 1 blobs_lr: 2 weight_decay: 0 param: "w" '
        "blob_share_mode: PERMISSIVE }"
    )

    params = [
        [("name", "w"), ("share_mode", "PERMISSIVE"), ("lr_mult", 1), ("decay_mult", 0)],
        [("lr_mult", 2)],
    ]
    kept = [("type", "Convolution"), ("name", "c"), *(("param", one) for one in params)]
    assert found == [("layer", kept)]
    assert not report.problems


def test_what_changes_images_moves_into_its_own_message() -> None:
    found, _ = made(
        "layers { type: DATA data_param { scale: 2 mirror: true batch_size: 3 } "
        "transform_param { scale: 1 crop_size: 4 } }"
    )

    data, transform = [("batch_size", 3)], [("crop_size", 4), ("scale", 2), ("mirror", True)]
    kept = [("type", "Data"), ("data_param", data), ("transform_param", transform)]
    assert found == [("layer", kept)]


def test_keys_of_2013_move_into_messages() -> None:
    found, report = made(
        'layers { layer { name: "d" type: "images" source: "l" batchsize: 2 cropsize: 3 '
        'shuffle_images: true pad: 1 } top: "data" }'
    )

    images = [("source", "l"), ("batch_size", 2), ("shuffle", True)]
    kept = [("top", "data"), ("name", "d"), ("type", "ImageData"), ("image_data_param", images)]
    assert found == [("layer", [*kept, ("transform_param", [("crop_size", 3)])])]
    assert lines(report.notes) == [
        "1:101 layers.d.pad: Caffe does not read pad in a layer of type images"
    ]


def test_two_dialects_in_one_net_are_refused() -> None:
    _, report = made("layers { type: RELU }\nlayer { type: 'ReLU' }")

    assert refused(report) == (
        "error[PN015] net.prototxt:2:1 layer: layers { … } and layer { … } are two dialects, and "
        "Caffe reads one of them\n"
        "    2 | layer { type: 'ReLU' }\n"
        "      | ^^^^^\n"
        "      write one kind only                       see: protonet explain PN015\n"
        "1 error in net.prototxt"
    )


def test_an_unknown_type_of_2013_is_refused() -> None:
    _, report = made('layers { layer { name: "c" type: "convv" } }')

    assert refused(report) == (
        "error[PN020] net.prototxt:1:34 layers.c.type: Caffe had no layer type convv\n"
        '    1 | layers { layer { name: "c" type: "convv" } }\n'
        "      |                                  ^^^^^^^\n"
        "      did you mean conv?                        see: protonet explain PN020\n"
        "1 error in net.prototxt"
    )
