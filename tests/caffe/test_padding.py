from __future__ import annotations

from protonet.caffe.padding import without_padding
from protonet.caffe.report import Report
from protonet.caffe.values import message, one, texts
from tests.caffe.reading import NAME, checked, refused

PAD = 'layers { layer { name: "p" type: "padding" pad: 2 } bottom: "data" top: "padded" }\n'


def made(text: str) -> tuple[list[tuple[list[str], object]], Report]:
    """Return bottoms and `pad` of each layer that is left."""
    report = Report(NAME)
    layers = without_padding(checked(text, "NetParameter").named("layers"), report)
    return [
        (texts(message(layer), "bottom"), one(message(message(layer).named("layer")[0]), "pad"))
        for layer in layers
    ], report


def test_a_convolution_pads_by_itself() -> None:
    found, report = made(
        PAD + 'layers { layer { name: "c" type: "conv" pad: 7 } bottom: "padded" top: "padded" }'
        'layers { layer { name: "d" type: "pool" } bottom: "padded" top: "d" }'
    )

    assert found == [(["data"], 2), (["padded"], None)]
    assert not report.problems


def test_what_cannot_pad_is_refused() -> None:
    _, report = made(PAD + 'layers { layer { name: "r" type: "relu" } bottom: "padded" }')

    assert refused(report) == (
        "error[PN024] net.prototxt:2:51 layers.r.bottom: only a layer of type conv or pool can "
        "read a padding layer\n"
        '    2 | layers { layer { name: "r" type: "relu" } bottom: "padded" }\n'
        "      |                                                   ^^^^^^^^\n"
        "      see: protonet explain PN024\n"
        "1 error in net.prototxt"
    )


def test_a_padding_layer_reads_one_blob() -> None:
    _, report = made('layers { layer { name: "p" type: "padding" } top: "x" }')

    assert refused(report) == (
        "error[PN024] net.prototxt:1:1 layers.p: a padding layer reads one blob\n"
        '    1 | layers { layer { name: "p" type: "padding" } top: "x" }\n'
        "      | ^^^^^^\n"
        "      see: protonet explain PN024\n"
        "1 error in net.prototxt"
    )
