from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from protonet.errors import ExportError, SpecError, StorageError, UsageError
from protonet.net import Net
from protonet.predict.files import find_pictures
from protonet.run.export_caffe import CaffeFiles
from protonet.run.exporting import Export, export_model
from protonet.run.importing import Request, import_caffe
from protonet.run.loading import load
from protonet.run.model import Asked, open_net
from protonet.run.train import train
from tests.predict.photos import photo_spec
from tests.run.test_output import Shown

NET = """\
name: small
data:
  train: {source: none.lmdb, batch_size: 8}
  test: {source: none.lmdb, batch_size: 5}
net:
  inputs: {data: [3, 8, 8], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3, bias_term: false}
    - {name: norm, type: BatchNorm}
    - {name: scale, type: Scale, bias_term: true, top: norm}
    - {name: relu, type: ReLU, bottom: norm, top: norm}
    - {name: up, type: Deconvolution, num_output: 4, kernel_size: 2, group: 2, bottom: norm}
    - {name: prelu, type: PReLU, top: up}
    - {name: sum, type: Eltwise, bottom: [up, "layer:up"]}
    - {name: fc, type: InnerProduct, num_output: 3, transpose: true}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
    - {name: accuracy, type: Accuracy, bottom: [fc, label], phase: test}
solver: {base_lr: 0.1, max_iter: 4, test_interval: 2}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str = NET) -> None:
    """Write a spec, and weights for it."""
    Path("net.yaml").write_text(text)
    net, generator = Net(load("net.yaml").net, "deploy"), torch.Generator().manual_seed(1)
    tensors = {
        name: torch.rand(tensor.shape, generator=generator) + 0.5
        for name, tensor in net.named_tensors().items()
    }
    safetensors.torch.save_file(tensors, "w.safetensors")


def exported(out: str = "out", name: str = "net.yaml", **wanted: Any) -> list[str]:
    output = Shown()
    asked = Asked(None if name != "net.yaml" else "w.safetensors", "cpu")
    made = export_model(name, asked, Export("caffe", Path(out), **wanted), output)
    return [*output.lines, *(f"made {path}" for path in made)]


def test_the_two_files_give_what_the_net_gives() -> None:
    write()
    assert exported() == [
        "weights from w.safetensors: 11 of 11 parameters loaded",
        "layer:up is the blob up_2 there: Caffe cannot compute it in place",
        "prob on random numbers: largest difference 0",
        "made out.prototxt",
        "made out.caffemodel",
    ]
    assert Path("out.prototxt").read_text().startswith('name: "small"\nlayer {\n  name: "data"\n')
    assert sorted(path.name for path in Path().iterdir()) == [
        *("net.yaml", "out.caffemodel", "out.prototxt", "w.safetensors"),
    ]


def test_an_import_gives_the_weights_back_bit_by_bit() -> None:
    write()
    exported()
    request = Request(Path("out.prototxt"), Path("again"), Path("out.caffemodel"))
    import_caffe(request, lambda line: None)

    own = safetensors.torch.load_file("w.safetensors")
    again = safetensors.torch.load_file("again/weights.safetensors")
    assert own.keys() == again.keys()
    assert all(torch.equal(own[name], again[name]) for name in own)
    one = open_net("net.yaml", Asked("w.safetensors", "cpu"), Shown()).net
    two = open_net("again/net.yaml", Asked("again/weights.safetensors", "cpu"), Shown()).net
    images = {"data": torch.randn(3, 3, 8, 8)}
    assert torch.equal(one(images)["prob"], two(images)["prob"])


def test_opencv_gives_the_same_numbers() -> None:
    cv2 = pytest.importorskip("cv2")
    write(NET.replace(", transpose: true", ""))  # which OpenCV passes over
    exported()
    other = cv2.dnn.readNetFromCaffe("out.prototxt", "out.caffemodel")
    image = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    other.setInput(image, "data")
    net = open_net("net.yaml", Asked("w.safetensors", "cpu"), Shown()).net

    (ours,) = net({"data": torch.from_numpy(image)}).values()
    assert np.allclose(ours.detach().numpy(), other.forward("prob"), rtol=1e-4)


def test_the_net_that_is_trained_and_its_solver_are_written_on_request() -> None:
    write()
    lines = exported("out.caffemodel", solver=True)
    assert lines[2:4] == [
        "out_train_val.prototxt: its Input layers stand for data layers, which read Caffe's sets",
        "out_solver.prototxt: it tests nothing, since Caffe asks for solver.test_iter",
    ]
    assert lines[-2:] == ["made out_train_val.prototxt", "made out_solver.prototxt"]
    request = Request(Path("out_solver.prototxt"), Path("again.yaml"))
    import_caffe(request, lambda line: None)
    again, own = load("again.yaml"), load("net.yaml")

    assert [(layer.name, layer.type) for layer in again.net.layers] == [
        (layer.name, layer.type) for layer in own.net.layers
    ]
    assert again.solver is not None
    assert (again.solver.base_lr, again.solver.max_iter) == (0.1, 4)
    text = " ".join(Path("out_train_val.prototxt").read_text().split())
    assert "include { phase: TRAIN } input_param { shape { dim: 8 dim: 3" in text
    assert "include { phase: TEST } input_param { shape { dim: 5 dim: 3" in text


def test_a_run_is_compared_on_pictures() -> None:
    folder = str(train(photo_spec(Path())).folder)
    lines = exported("out", folder, images=tuple(find_pictures(["photos"])))

    assert lines[1:3] == [
        "prob on random numbers: largest difference 0",
        "prob on pictures: largest difference 0",
    ]
    assert lines[-2:] == ["made out.prototxt", "made out.caffemodel"]


def test_everything_that_caffe_has_not_is_told_with_its_line() -> None:
    changed = NET.replace("type: PReLU, top: up", "type: nn.GELU, top: up")
    write(changed.replace("max_iter: 4", "max_iter: 4, ema: 0.9"))
    with pytest.raises(SpecError) as caught:
        exported(solver=True)
    assert [f"{one.mark} {one.path}: {one.why}" for one in caught.value.problems] == [
        "net.yaml:13:27 net.layers.prelu.type: Caffe has no layer type nn.GELU",
        "net.yaml:18:42 solver.ema: Caffe's solver has no ema",
    ]
    assert not Path("out.prototxt").exists()


def test_types_of_forks_are_named() -> None:
    write(NET.replace("type: ReLU, bottom: norm", "type: ReLU6, bottom: norm"))
    assert "ReLU6 is no layer of Caffe's own, but of a fork of it: MobileNetV2" in exported()


def test_files_that_give_something_else_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    monkeypatch.setattr("protonet.caffe.writing.net.Written.stored", lambda net, tensors: iter(()))
    monkeypatch.setattr("protonet.run.export_caffe.load_weights", lambda net, file: None)
    with pytest.raises(ExportError) as caught:
        exported()
    assert str(caught.value).startswith("out: not written: on random numbers, prob differs from ")
    assert not Path("out.prototxt").exists()
    assert not Path("out.caffemodel").exists()


def test_the_files_are_named_for_what_is_asked() -> None:
    for out in ("a/net", "a/net.prototxt", "a/net.caffemodel"):
        files = CaffeFiles.at(Path(out), train_val=False, solver=False)
        assert files.all() == (Path("a/net.prototxt"), Path("a/net.caffemodel"))
    assert CaffeFiles.at(Path("v1.2"), train_val=True, solver=False).all() == (
        Path("v1.2.prototxt"),
        Path("v1.2.caffemodel"),
        Path("v1.2_train_val.prototxt"),
    )


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"fold": True}, "--fold: Caffe's files hold the layers of the net as they are"),
        (
            {"preprocess": True},
            "--preprocess: Caffe's files hold the layers of the net as they are",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(wanted: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        exported(**wanted)
    assert str(caught.value) == why


def test_nothing_is_written_over() -> None:
    write()
    Path("out.caffemodel").write_text("mine")
    with pytest.raises(UsageError) as caught:
        exported()
    assert str(caught.value) == (
        "out.caffemodel: exists already; give another name, or --force to replace it"
    )
    assert exported(force=True)[-1] == "made out.caffemodel"
    Path("x.prototxt").mkdir()
    with pytest.raises(UsageError) as caught:
        exported("x", force=True)
    assert str(caught.value) == "x.prototxt: a folder is in the way; give another name"
    with pytest.raises(StorageError) as missing:
        exported("no/x")
    assert str(missing.value) == (
        "no/x.prototxt: cannot be written: the folder no does not exist; make it first"
    )


def test_a_solver_that_is_not_there_is_no_file() -> None:
    write(NET.partition("solver:")[0])
    with pytest.raises(UsageError) as caught:
        exported(solver=True)
    assert str(caught.value) == "--solver: the spec has no section solver"


def test_other_files_have_no_solver() -> None:
    write()
    with pytest.raises(UsageError) as caught:
        export_model(
            "net.yaml", Asked("w.safetensors"), Export("torch", Path("a.pt2"), solver=True), Shown()
        )
    assert str(caught.value) == "--solver: only --to caffe writes it"
