from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from protonet.cli import main
from tests.protobuf.wire import blob, held, layer, whole
from tests.small import small_file

Capture = pytest.CaptureFixture[str]

NET = """\
layer { name: "in" type: "Data" top: "data" top: "label"
        data_param { source: "points.lmdb/train" batch_size: 8 backend: LMDB } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
        include { phase: TEST } }
"""
SOLVER = """\
net: "net.prototxt" base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" max_iter: 6
test_interval: 100 test_initialization: false solver_mode: CPU
"""
WEIGHTS = layer("ip", blob((3, 6), *range(18)), blob((3,), 1, 2, 3))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small_file(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(SOLVER)
    Path("net.caffemodel").write_bytes(WEIGHTS)


def test_a_net_is_imported_and_can_be_tested(capsys: Capture) -> None:
    assert main(["import", "solver.prototxt", "net.caffemodel", "--out", "made"]) == 0
    out = capsys.readouterr().out
    assert "weights: 2 of 2 parameters matched, 21 numbers\n" in out
    assert out.endswith("\nmade made/net.yaml\n")

    assert main(["test", "made/net.yaml", "--weights", "made/weights.safetensors"]) == 0
    converted = capsys.readouterr().out.splitlines()[-1]
    assert main(["test", "net.prototxt", "--weights", "net.caffemodel"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == converted.split()[:3]


def test_an_override_may_stand_where_weights_do(capsys: Capture) -> None:
    words = ["import", "net.prototxt", "net.layers.ip.num_output=4", "--out", "x.yaml"]
    assert main(words) == 0
    assert "num_output: 4" in Path("x.yaml").read_text()


def test_weights_of_another_net_end_with_2(capsys: Capture) -> None:
    words = ["import", "net.prototxt", "net.caffemodel", "net.layers.ip.num_output=4"]

    assert main([*words, "--out", "made"]) == 2

    streams = capsys.readouterr()
    assert "weight (4, 6) IS (3, 6), bias (4) IS (3)" in streams.out
    assert streams.err == (
        "error: net.caffemodel does not fit net.prototxt: 0 of 2 parameters match, none of its "
        "arrays fits; of another shape: ip/weight, ip/bias\n"
    )
    assert not Path("made").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (WEIGHTS[:-5], "it ends within field 100"),
        (b"\xff" * 40, "a number in it has more than ten bytes"),
        (held(100, held(7, held(5, b"abc"))), "its numbers end in the middle of one"),
    ],
)
def test_a_damaged_caffemodel_ends_with_2(content: bytes, why: str, capsys: Capture) -> None:
    Path("net.caffemodel").write_bytes(content)

    assert main(["import", "net.prototxt", "net.caffemodel", "--out", "made"]) == 2

    assert capsys.readouterr().err == f"error: net.caffemodel is no caffemodel of Caffe: {why}\n"


def test_an_unknown_layer_is_named_with_its_line(capsys: Capture) -> None:
    Path("net.prototxt").write_text(NET.replace("InnerProduct", "InnerProd"))

    assert main(["import", "net.prototxt", "--out", "made"]) == 2

    said = capsys.readouterr().err
    assert said.startswith(
        "layers of unknown types can be imported as holes, for a plugin to fill: --holes\n"
    )
    assert "error[PN020] net.prototxt:3:26 net.layers.ip.type: " in said


def test_an_unknown_layer_may_be_a_hole_that_a_plugin_fills(capsys: Capture) -> None:
    unknown = NET.replace('"InnerProduct"', '"Linear"').replace("inner_product_param", "l_param")
    Path("net.prototxt").write_text(unknown)
    words = ["import", "net.prototxt", "net.caffemodel", "--out", "made", "--holes"]

    assert main(words) == 0
    assert "\nip        Linear           hole\n" in capsys.readouterr().out
    assert main(["check", "made/net.yaml"]) == 2
    assert "Linear is a hole: nothing computes it yet" in capsys.readouterr().err

    plugin = Path("made/holes.py")
    filled = plugin.read_text().replace(
        "    raise ShapeError(",
        "    return nn.Linear(bottoms[0].shape[1], params.num_output)\n    raise ShapeError(",
    )
    plugin.write_text(filled.replace("parameters=(),", "parameters=('weight', 'bias'),"))
    assert main(["test", "made/net.yaml", "--weights", "made/weights.safetensors"]) == 0
    filled_accuracy = capsys.readouterr().out.splitlines()[-1].split()[:3]
    Path("net.prototxt").write_text(NET)
    assert main(["test", "net.prototxt", "--weights", "net.caffemodel"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == filled_accuracy


def test_a_prototxt_can_be_looked_at_as_it_is(capsys: Capture) -> None:
    assert main(["summary", "net.prototxt"]) == 0
    assert "InnerProduct" in capsys.readouterr().out
    assert main(["check", "solver.prototxt", "--strict"]) == 0
    streams = capsys.readouterr()
    assert streams.out == "solver.prototxt: no error; layers: 2 in train, 3 in test, 2 in deploy\n"
    assert streams.err == (
        "note: net.prototxt:2:64 layer.in.data_param.backend: protonet sees the format of a source "
        "itself\n"
    )
    assert main(["draw", "net.prototxt", "net.dot"]) == 0


def test_training_goes_on_from_caffes_state(capsys: Capture) -> None:
    history = held(3, blob((3, 6), *[0.0] * 18)) + held(3, blob((3,), 0, 0, 0))
    Path("x.solverstate").write_bytes(whole(1, 4) + held(2, b"a/net.caffemodel") + history)

    words = ["train", "solver.prototxt", "--snapshot", "x.solverstate", "--run", "run"]
    assert main(words) == 0

    out = capsys.readouterr().out
    assert "weights from net.caffemodel: 2 of 2 parameters loaded" in out
    assert "resumed from the snapshot after 4 iterations" in out
    assert sorted(path.name for path in Path("run/snapshots").iterdir()) == ["iter_4", "iter_6"]
    assert main([*words, "--resume"]) == 2
    assert capsys.readouterr().err == (
        "error: --resume goes on with a run of protonet's, --snapshot from Caffe's state\n"
    )


def test_pictures_to_verify_with_need_weights_and_a_net_that_takes_them(capsys: Capture) -> None:
    Image.new("RGB", (4, 4)).save("a.png")
    assert main(["import", "net.prototxt", "--out", "made", "--verify", "a.png"]) == 2
    assert capsys.readouterr().err == (
        "error: --verify compares what a net computes, and needs its WEIGHTS\n"
    )
    pytest.importorskip("cv2")
    command = ["import", "net.prototxt", "net.caffemodel", "--out", "made", "--verify", "a.png"]
    assert main(command) == 2
    assert capsys.readouterr().err == (
        "error: --verify: no input of the net takes pictures, (N, C, H, W)\n"
    )
    assert not Path("made").exists()
