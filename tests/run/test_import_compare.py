from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from protonet.caffe.caffemodel import read_caffemodel
from protonet.caffe.writing.caffemodel import Stored, write_caffemodel
from protonet.errors import UsageError, VerifyError
from protonet.protobuf.frames import blob_parts
from protonet.run import import_verify
from protonet.run.importing import Request, import_caffe
from tests.protobuf.wire import doubles, floats, halves, held, layer, raw, shape, v0_layer

NET = """\
name: "tiny"
layer { name: "in" type: "Data" top: "data" top: "label" data_param { source: "s" batch_size: 2 }
  transform_param { mean_file: "mean.binaryproto" crop_size: 4 scale: 0.01 } }
layer { name: "conv.1" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
DETECTOR = """\
input: "data" input_shape { dim: 2 dim: 3 dim: 4 dim: 4 }
layer { name: "loc" type: "Convolution" bottom: "data" top: "loc"
  convolution_param { num_output: 4 kernel_size: 1 bias_term: false } }
layer { name: "conf" type: "Convolution" bottom: "data" top: "conf"
  convolution_param { num_output: 3 kernel_size: 1 bias_term: false } }
layer { name: "loc_last" type: "Permute" bottom: "loc" top: "loc_last"
  permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "conf_last" type: "Permute" bottom: "conf" top: "conf_last"
  permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "loc_flat" type: "Flatten" bottom: "loc_last" top: "loc_flat" }
layer { name: "conf_flat" type: "Flatten" bottom: "conf_last" top: "conf_flat" }
layer { name: "priors" type: "PriorBox" bottom: "loc" bottom: "data" top: "priors"
  prior_box_param { min_size: 2 variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 } }
layer { name: "found" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_flat"
  bottom: "priors" top: "found" detection_output_param { num_classes: 3 code_type: CENTER_SIZE
  keep_top_k: 50 confidence_threshold: THRESHOLD nms_param { nms_threshold: 0.45 top_k: 40 } } }
"""
REWRITTEN = "OpenCV reads the net and the weights as protonet writes them, not the files themselves"
TYPES = {"conv.1": "Convolution", "ip": "InnerProduct"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2")
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    Path("net.prototxt").write_text(NET)
    mean = generator.random((1, 3, 6, 6)) * 255
    Path("mean.binaryproto").write_bytes(b"".join(blob_parts(mean)))
    shapes = {"conv.1": [(2, 3, 3, 3), (2,)], "ip": [(3, 8), (3,)]}
    layers = [
        Stored(name, TYPES[name], [generator.standard_normal(shape) for shape in sizes])
        for name, sizes in shapes.items()
    ]
    write_caffemodel(Path("net.caffemodel"), "", layers)
    for number in range(3):
        pixels = generator.integers(0, 256, (9, 7, 3), np.uint8)
        Image.fromarray(pixels).save(f"{number}.png")


PICTURES = ("0.png", "1.png", "2.png")
WHOLE = Request(Path("net.prototxt"), Path("made"), Path("net.caffemodel"), verify=PICTURES)


def said(request: Request) -> list[str]:
    lines: list[str] = []
    import_caffe(request, lines.append)
    return lines


def test_the_files_themselves_are_compared_layer_by_layer() -> None:
    import cv2

    lines = said(WHOLE)
    start = lines.index(f"the layers on 3 pictures, against OpenCV {cv2.__version__}")

    assert [line.split()[:2] for line in lines[start + 1 : start + 5]] == [
        ["layer", "type"],
        ["conv_1", "Convolution"],
        ["relu", "ReLU"],
        ["ip", "InnerProduct"],
    ]
    assert lines[start + 5] == "prob stands in no file, and is not compared"
    assert lines[start + 6].startswith("3 of 3 layers compared, at most ")
    assert Path("made/net.yaml").is_file()


def test_a_net_of_one_batch_size_is_fed_batches_of_it() -> None:
    head = 'input: "data" input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 4\n'
    Path("net.prototxt").write_text(head + "".join(NET.splitlines(True)[3:-1]))

    assert said(WHOLE)[-1].startswith("3 of 3 layers compared, at most ")


def test_weights_in_hdf5_are_given_to_opencv_as_a_caffemodel() -> None:
    generator = np.random.default_rng(0)
    with h5py.File("net.caffemodel.h5", "w") as file:
        for name, shape in {
            "conv.1/0": (2, 3, 3, 3),
            "conv.1/1": (2,),
            "ip/0": (3, 8),
            "ip/1": (3,),
        }.items():
            file[f"data/{name}"] = generator.standard_normal(shape).astype(np.float32)
    lines = said(replace(WHOLE, weights=Path("net.caffemodel.h5")))

    assert REWRITTEN in lines
    assert lines[-1].startswith("4 of 4 layers compared, at most ")


@pytest.mark.parametrize("kind", ["double_data", "raw double", "2013"])
def test_what_opencv_does_not_read_of_a_caffemodel_is_rewritten(kind: str) -> None:
    stored = read_caffemodel(Path("net.caffemodel"))
    by_layer = {
        name: [stored[f"{name.replace('.', '_')}/{number}"] for number in (0, 1)] for name in TYPES
    }
    content = {
        "double_data": lambda array: held(8, doubles(*array.flat)),
        "raw double": lambda array: raw(0, doubles(*array.flat)),
        "2013": lambda array: held(5, floats(*array.flat)),
    }[kind]
    build = v0_layer if kind == "2013" else layer
    Path("net.caffemodel").write_bytes(
        b"".join(
            build(name, *(shape(*array.shape) + content(array) for array in arrays))
            for name, arrays in by_layer.items()
        )
    )
    lines = said(WHOLE)

    assert REWRITTEN in lines
    assert lines[-1].startswith("4 of 4 layers compared, at most ")


def test_raw_numbers_of_float16_are_read_by_opencv_itself() -> None:
    stored = read_caffemodel(Path("net.caffemodel"))
    Path("net.caffemodel").write_bytes(
        b"".join(
            layer(
                name,
                *(
                    shape(*array.shape) + raw(2, halves(*array.flat))
                    for array in (stored[f"{name.replace('.', '_')}/{place}"] for place in (0, 1))
                ),
            )
            for name in TYPES
        )
    )
    lines = said(WHOLE)

    assert REWRITTEN not in lines
    assert lines[-1].startswith("3 of 3 layers compared, at most ")


@pytest.mark.parametrize("threshold", [0.1, 1e6], ids=["some", "none"])
def test_fewer_detections_than_are_kept_are_no_difference(threshold: float) -> None:
    Path("net.prototxt").write_text(DETECTOR.replace("THRESHOLD", str(threshold)))
    generator = np.random.default_rng(3)
    layers = [
        Stored(name, "Convolution", [generator.standard_normal((count, 3, 1, 1)) / 500])
        for name, count in (("loc", 4), ("conf", 3))
    ]
    write_caffemodel(Path("net.caffemodel"), "", layers)

    lines = said(WHOLE)

    assert lines[-1].startswith("8 of 8 layers compared, at most ")
    assert lines[-2].split()[:2] == ["found", "DetectionOutput"]


def test_nothing_is_written_where_a_layer_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_verify, "TOLERANCE", -1.0)
    with pytest.raises(VerifyError):
        said(WHOLE)
    assert not Path("made").exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"weights": None},
            "--verify compares what a net computes, and needs its WEIGHTS",
        ),
        (
            {"holes": True},
            "--verify: a net with holes computes nothing yet; leave --holes out",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        said(replace(WHOLE, **changes))  # type: ignore[arg-type]  # keys of the record
    assert str(caught.value) == why


def test_missing_weights_are_refused() -> None:
    layers = [Stored("ip", "", [np.zeros((3, 8)), np.zeros(3)])]
    write_caffemodel(Path("net.caffemodel"), "", layers)
    with pytest.raises(UsageError) as caught:
        said(replace(WHOLE, allow_missing=True))
    assert str(caught.value) == (
        "--verify: the weights do not hold conv_1/weight, and both nets need it"
    )


def test_a_net_without_pictures_is_refused() -> None:
    Path("net.prototxt").write_text(
        'input: "data" input_shape { dim: 1 dim: 8 }\n'
        'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" '
        "inner_product_param { num_output: 3 } }\n"
    )
    with pytest.raises(UsageError) as caught:
        said(WHOLE)
    assert str(caught.value) == "--verify: no input of the net takes pictures, (N, C, H, W)"
