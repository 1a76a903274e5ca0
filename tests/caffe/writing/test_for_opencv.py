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


def test_defaults_that_opencv_does_not_share_are_said() -> None:
    net = parse(
        """\
layer { name: "p" type: "PriorBox" bottom: "x" bottom: "data" top: "p"
  prior_box_param { min_size: 4 } }
layer { name: "q" type: "PriorBox" bottom: "x" bottom: "data" top: "q"
  prior_box_param { min_size: 4 clip: true variance: 0.2 } }
layer { name: "d" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "p" top: "d"
  detection_output_param { num_classes: 3 nms_param { top_k: 5 } } }
layer { name: "e" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "p" top: "e"
  detection_output_param { num_classes: 3 share_location: false confidence_threshold: 0.5 } }
""",
        "",
    )
    made = opencv_net(net, [place_of(field.mark) for field in net.fields], {})

    texts = " ".join(text_of(made).split()).split("layer {")[1:]
    assert "prior_box_param { min_size: 4 clip: false variance: 0.1 }" in texts[0]
    assert "prior_box_param { min_size: 4 clip: true variance: 0.2 }" in texts[1]
    assert (
        "detection_output_param { num_classes: 3 nms_param { top_k: 5 nms_threshold: 0.3 } "
        "share_location: true background_label_id: 0 confidence_threshold: -3.4028234e+38 "
        "code_type: CORNER }"
    ) in texts[2]
    assert (
        "detection_output_param { num_classes: 3 share_location: false confidence_threshold: 0.5 "
        "background_label_id: 0 code_type: CORNER nms_param { nms_threshold: 0.3 } }"
    ) in texts[3]
