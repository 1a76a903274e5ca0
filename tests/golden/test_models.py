"""Pretrained nets of Caffe's, from their own files: Caffe's outputs and blobs on two images each,
and its figures on real data.

The files lie in the reference, under models/, golden/models/ and data/.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.net import Net
from protonet.protobuf import read_blob
from protonet.run.importing import Request, import_caffe
from protonet.run.loading import load
from protonet.schema import Spec, located
from protonet.snapshot import load_weights
from tests.golden.cases import Comparison

WITHIN = 1e-4
MODELS = (
    *("cifar10_full_2014", "cifar10_quick", "lenet_2014", "mobilenet_cifar10", "mtcnn_det2"),
    *("resnet20_cifar10", "squeezenet_v1.0_dc", "wechat_qr_sr"),
)

Images = npt.NDArray[np.float32]


def weights_of(folder: Path) -> Path:
    """Return the only weights in a folder."""
    (found,) = folder.glob("*.caffemodel")
    return found


def net_of(spec: Spec, weights: Path) -> Net:
    """Return a net in phase test, with every parameter loaded."""
    with located(spec):
        net = Net(spec.net, "test")
    report = load_weights(net, weights)
    assert report.left == report.misfit == ()
    return net


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_caffes_blobs(name: str, reference: Path) -> None:
    folder, golden = reference / "models" / name, reference / "golden" / "models"
    recorded: dict[str, Any] = json.loads((golden / f"{name}.json").read_text())
    arrays = np.load(golden / f"{name}.npz")
    shape = list(arrays["input"].shape[1:])
    spec = load(folder / "deploy.prototxt", [f"net.inputs.data={shape}"])
    net = net_of(spec, weights_of(folder))
    assert sum(tensor.numel() for tensor in net.named_tensors().values()) == recorded["n_params"]

    images = (arrays["input"].astype(np.float64) - arrays["mean"]) * arrays["scale"]
    found = Comparison()
    with torch.no_grad():
        blobs = net(
            {recorded["input_blob"]: torch.from_numpy(images.astype(np.float32))},
            list(net.wiring.blobs),
        )
    for key in arrays.files:
        if key.startswith("out/"):
            found.add(key, blobs[key.removeprefix("out/")], arrays[key], WITHIN)
    for blob, (_, mean, norm) in last_values(recorded["blobs"], blobs).items():
        values = blobs[blob].double()
        scale = norm / values.numel() ** 0.5  # a mean may be a difference of large numbers
        found.add_lists(f"{blob} norm", [float(values.norm())], [norm], WITHIN)
        found.add_lists(f"{blob} mean", [float(values.mean()) + scale], [mean + scale], WITHIN)
    found.require_none()


def last_values(recorded: Mapping[str, Any], blobs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was recorded of each blob, without Caffe's automatic copies."""
    return {name: value for name, value in recorded.items() if name in blobs}


def mnist(reference: Path) -> tuple[Images, npt.NDArray[np.uint8]]:
    folder = reference / "data" / "mnist"
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float32), np.frombuffer(file.read(), np.uint8, offset=8)


def cifar(reference: Path) -> tuple[Images, npt.NDArray[np.uint8]]:
    raw = np.fromfile(
        reference / "data" / "cifar10_binary" / "data_batch_1_first4000.bin", np.uint8
    ).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32), raw[:, 0]


def quick_mean(images: Images, reference: Path) -> Images:
    return images - read_blob(reference / "models" / "cifar10_quick" / "mean.binaryproto")


def colours(images: Images, reference: Path) -> Images:
    mean = np.array([125.3, 122.9, 113.8], np.float32).reshape(3, 1, 1)
    return (images - mean) * np.float32(1 / 256)


FIGURES: Mapping[str, tuple[Any, Callable[[Images, Path], Images], int]] = {
    "lenet_2014": (mnist, lambda images, _: images * np.float32(0.00390625), 9905),
    "cifar10_quick": (cifar, quick_mean, 3248),
    "cifar10_full_2014": (cifar, quick_mean, 3575),
    "resnet20_cifar10": (cifar, colours, 3962),
    "mobilenet_cifar10": (cifar, lambda images, _: images[:, :, 2:30, 2:30], 4000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_model_is_right_as_often_as_in_caffe(name: str, reference: Path, tmp_path: Path) -> None:
    """Through the files that an import writes."""
    folder = reference / "models" / name
    data, prepare, correct = FIGURES[name]
    made = import_caffe(
        Request(folder / "deploy.prototxt", tmp_path / "made", weights_of(folder)), lambda _: None
    )
    net = net_of(load(made), made.with_name("weights.safetensors"))
    images, labels = data(reference)
    images = np.ascontiguousarray(prepare(images, reference), np.float32)
    (blob,) = net.inputs
    right = 0
    with torch.no_grad():
        for start in range(0, len(images), 500):
            (scores,) = net({blob: torch.from_numpy(images[start : start + 500])}).values()
            found = scores.reshape(len(scores), -1).argmax(1).numpy()
            right += int((found == labels[start : start + 500]).sum())
    assert right == correct
