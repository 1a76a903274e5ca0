from __future__ import annotations

from protonet.caffe.text_format import parse
from protonet.caffe.writing.for_opencv import opencv_net, place_of
from protonet.caffe.writing.text import text_of

NET = """\
name: "n" input: "other"
layer { name: "d" type: "Data" top: "data" }
layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { round_mode: FLOOR } }
layers { name: "q" type: POOLING bottom: "p" top: "q" pooling_param { pool: AVE round_mode: CEIL } }
"""


def test_the_layers_that_are_wanted_stand_behind_the_inputs() -> None:
    net = parse(NET, "")
    places = [place_of(field.mark) for field in net.fields if field.name.startswith("layer")]
    made = opencv_net(net, places[1:], {"data": (1, 3, 8, 8)})

    assert " ".join(text_of(made).split()) == (
        'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 } '
        'layer { name: "p" type: "Pooling" bottom: "data" top: "p" '
        "pooling_param { ceil_mode: false } } "
        'layers { name: "q" type: POOLING bottom: "p" top: "q" '
        "pooling_param { pool: AVE ceil_mode: true } }"
    )
