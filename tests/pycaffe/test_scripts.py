"""The scripts that people have, on real nets: after the line `import protonet.pycaffe as caffe`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

import protonet.pycaffe as caffe
from protonet.pycaffe import layers as L
from protonet.pycaffe.proto import caffe_pb2


def mnist(reference: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first test images of MNIST, (count, 1, 28, 28) bytes, and their labels."""
    folder = reference / "data" / "mnist"
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images[:count], labels[:count]


def model(reference: Path, folder: str, ending: str) -> str:
    """Return the only file of a model with this ending."""
    found = sorted((reference / "models" / folder).glob(f"*{ending}"))
    return str(found[0])


def squeezenet(reference: Path, phase: int = caffe.TEST) -> caffe.Net:
    folder = reference / "models" / "squeezenet_v1.0_dc"
    return caffe.Net(
        str(folder / "deploy.prototxt"),
        str(folder / "squeezenet_v1.0_decompressed.caffemodel"),
        phase,
    )


def test_the_classification_notebook(reference: Path) -> None:
    """00-classification.ipynb: Transformer, reshape, forward, argmax; numbers of the real Caffe."""
    caffe.set_mode_cpu()
    net = squeezenet(reference)
    recorded = np.load(reference / "golden" / "models" / "squeezenet_v1.0_dc.npz")
    transformer = caffe.io.Transformer({"data": net.blobs["data"].data.shape})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_mean("data", np.full(3, float(recorded["mean"])))
    transformer.set_raw_scale("data", 255)
    transformer.set_channel_swap("data", (2, 1, 0))
    # recorded are blue, green, red from 0 to 255; load_image gives red, green, blue from 0 to 1
    images = recorded["input"][:, ::-1].transpose(0, 2, 3, 1) / 255
    net.blobs["data"].reshape(len(images), 3, 227, 227)
    for place, image in enumerate(images):
        net.blobs["data"].data[place] = transformer.preprocess("data", image)

    output = net.forward()

    name = net.outputs[0]
    wanted = recorded[f"out/{name}"]
    np.testing.assert_allclose(output[name], wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())
    best = output[name].reshape(len(images), -1).argmax(1)
    assert best.tolist() == wanted.reshape(len(images), -1).argmax(1).tolist()


@pytest.mark.parametrize(
    "name",
    [
        *("cifar10_full_2014", "cifar10_quick", "lenet_2014", "mobilenet_cifar10"),
        *("mtcnn_det2", "resnet20_cifar10", "squeezenet_v1.0_dc", "wechat_qr_sr"),
    ],
)
def test_every_blob_of_a_trained_net(name: str, reference: Path) -> None:
    """for name, blob in net.blobs.items(): print(blob.data.mean()); numbers of the real Caffe."""
    recorded = json.loads((reference / "golden" / "models" / f"{name}.json").read_text())
    arrays = np.load(reference / "golden" / "models" / f"{name}.npz")
    folder = reference / "models" / name
    net = caffe.Net(
        str(folder / recorded["prototxt"]), str(folder / recorded["weights"]), caffe.TEST
    )
    fed = (arrays["input"].astype(np.float32) - arrays["mean"]) * arrays["scale"]

    net.blobs[recorded["input_blob"]].reshape(*fed.shape)
    net.blobs[recorded["input_blob"]].data[...] = fed
    net.forward()

    assert list(net.blobs) == list(recorded["blobs"])
    for blob, (shape, mean, norm) in recorded["blobs"].items():
        values = net.blobs[blob].data.astype(np.float64)
        assert list(values.shape) == shape
        assert float(np.linalg.norm(values)) == pytest.approx(norm, rel=1e-4)
        spread = norm / np.sqrt(max(values.size, 1))
        assert float(values.mean()) == pytest.approx(mean, rel=1e-4, abs=1e-4 * spread)


def test_feature_extraction_and_forward_all(reference: Path) -> None:
    """The accuracy of LeNet, 9,905 of 10,000, and its features, of the first 500 images."""
    images, labels = mnist(reference, 500)
    net = caffe.Net(
        model(reference, "lenet_2014", "lenet.prototxt"),
        model(reference, "lenet_2014", ".caffemodel"),
        caffe.TEST,
    )

    found = net.forward_all(blobs=["ip1"], data=images * np.float32(0.00390625))

    assert found["ip1"].shape == (500, 500)
    assert (found["prob"].argmax(1) == labels).mean() > 0.98
    assert found["ip1"].min() == 0  # the last value of the blob: after the ReLU in place


def test_filter_visualisation(reference: Path) -> None:
    """vis_square(net.params['conv1'][0].data.transpose(0, 2, 3, 1))."""
    net = squeezenet(reference)

    filters = net.params["conv1"][0].data.transpose(0, 2, 3, 1)
    normal = (filters - filters.min()) / (filters.max() - filters.min())

    assert normal.shape == (96, 7, 7, 3)
    assert (normal.min(), normal.max()) == (0, 1)
    for name, blobs in net.params.items():
        assert blobs[0].data.shape[0] == blobs[1].data.shape[0], name


def test_net_surgery(reference: Path, tmp_path: Path) -> None:
    """net_surgery.ipynb: a classifier's inner products become convolutions over a larger image."""
    deploy = Path(model(reference, "lenet_2014", "lenet.prototxt"))
    weights = model(reference, "lenet_2014", ".caffemodel")
    n = caffe.NetSpec()
    n.data = L.Input(input_param={"shape": {"dim": [1, 1, 32, 28]}})
    n.conv1 = L.Convolution(n.data, num_output=20, kernel_size=5)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2)
    n.conv2 = L.Convolution(n.pool1, num_output=50, kernel_size=5)
    n.pool2 = L.Pooling(n.conv2, kernel_size=2, stride=2)
    n["ip1-conv"] = L.Convolution(n.pool2, num_output=500, kernel_size=4)
    n.relu1 = L.ReLU(n["ip1-conv"], in_place=True)
    n["ip2-conv"] = L.Convolution(n.relu1, num_output=10, kernel_size=1)
    n.prob = L.Softmax(n["ip2-conv"])
    (tmp_path / "full_conv.prototxt").write_text(str(n.to_proto()))

    net = caffe.Net(str(deploy), weights, caffe.TEST)
    full = caffe.Net(str(tmp_path / "full_conv.prototxt"), weights, caffe.TEST)
    for name in ("ip1", "ip2"):
        full.params[f"{name}-conv"][0].data.flat[...] = net.params[name][0].data.flat
        full.params[f"{name}-conv"][1].data[...] = net.params[name][1].data
    full.save(str(tmp_path / "full_conv.caffemodel"))
    again = caffe.Net(
        str(tmp_path / "full_conv.prototxt"), str(tmp_path / "full_conv.caffemodel"), caffe.TEST
    )

    images, _ = mnist(reference, 1)
    tall = np.zeros((1, 1, 32, 28), np.float32)
    tall[:, :, 4:] = images * np.float32(0.00390625)
    found = again.forward_all(data=tall)["prob"]
    net.blobs["data"].reshape(2, 1, 28, 28)
    whole = net.forward(data=np.concatenate([tall[:, :, :28], tall[:, :, 4:]]))["prob"]
    assert found.shape == (1, 10, 2, 1)
    np.testing.assert_allclose(found[0, :, :, 0].T, whole, atol=1e-5)


def test_deep_dream(reference: Path, tmp_path: Path) -> None:
    """The DeepDream notebook: a patched prototxt, one Classifier, ascent on a layer."""
    folder = reference / "models" / "squeezenet_v1.0_dc"
    message = caffe_pb2.NetParameter()
    text_format.Merge((folder / "deploy.prototxt").read_text(), message)
    message.force_backward = True
    (tmp_path / "tmp.prototxt").write_text(str(message))
    net = caffe.Classifier(
        str(tmp_path / "tmp.prototxt"),
        str(folder / "squeezenet_v1.0_decompressed.caffemodel"),
        mean=np.array([104.0, 116.0, 122.0], np.float32),
        channel_swap=(2, 1, 0),
    )
    image = np.random.default_rng(0).uniform(100, 150, (64, 80, 3)).astype(np.float32)
    mean = net.transformer.mean["data"]
    start = np.float32(np.rollaxis(image, 2)[::-1]) - mean

    source, end = net.blobs["data"], "fire3/concat"
    source.reshape(1, 3, *start.shape[1:])
    source.data[0] = start
    norms = []
    for _ in range(4):
        destination = net.blobs[end]
        net.forward(end=end)
        norms.append(float(np.linalg.norm(destination.data)))
        destination.diff[:] = destination.data
        net.backward(start=end)
        gradient = source.diff[0]
        source.data[:] += 1.5 / np.abs(gradient).mean() * gradient

    assert norms == sorted(norms)
    assert norms[-1] > 1.05 * norms[0]
    shown = np.dstack((source.data[0] + mean)[::-1])
    assert shown.shape == (64, 80, 3)


def test_saliency_by_a_seed_of_one_class(reference: Path) -> None:
    """Simonyan's saliency: the gradient of one score by the pixels, against finite differences."""
    net = caffe.Net(
        model(reference, "lenet_2014", "lenet.prototxt"),
        model(reference, "lenet_2014", ".caffemodel"),
        caffe.TEST,
    )
    noise = np.random.default_rng(0).uniform(0, 0.05, (1, 1, 28, 28))
    # without noise all pixels of the ground are equal, and the maximum of a window has no slope
    image = (mnist(reference, 1)[0] * 0.00390625 + noise).astype(np.float32)
    net.blobs["data"].reshape(1, 1, 28, 28)
    net.forward(data=image)
    net.blobs["ip2"].diff[...] = 0
    net.blobs["ip2"].diff[0, 7] = 1
    saliency = net.backward(start="ip2")["data"].copy()

    direction = np.sign(saliency)
    scores = []
    for step in (-1e-3, 1e-3):
        net.forward(data=image + np.float32(step) * direction)
        scores.append(float(net.blobs["ip2"].data[0, 7]))
    assert (scores[1] - scores[0]) / 2e-3 == pytest.approx(np.abs(saliency).sum(), rel=0.05)


def test_fine_tuning_from_another_net(reference: Path, tmp_path: Path) -> None:
    """02-fine-tuning.ipynb: weights of a trained net under a new last layer, trained on their own
    data by MemoryData."""
    images, labels = mnist(reference, 200)
    n = caffe.NetSpec()
    n.data, n.label = L.MemoryData(
        memory_data_param={"batch_size": 20, "channels": 1, "height": 28, "width": 28}, ntop=2
    )
    n.conv1 = L.Convolution(n.data, num_output=20, kernel_size=5, param=[{"lr_mult": 0}] * 2)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2)
    n.conv2 = L.Convolution(n.pool1, num_output=50, kernel_size=5, param=[{"lr_mult": 0}] * 2)
    n.pool2 = L.Pooling(n.conv2, kernel_size=2, stride=2)
    n.odd = L.InnerProduct(n.pool2, num_output=2, weight_filler={"type": "xavier"})
    n.loss = L.SoftmaxWithLoss(n.odd, n.label)
    (tmp_path / "net.prototxt").write_text(str(n.to_proto()))
    (tmp_path / "solver.prototxt").write_text(
        'train_net: "net.prototxt" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" random_seed: 1\n'
    )
    solver = caffe.SGDSolver(str(tmp_path / "solver.prototxt"))
    solver.net.copy_from(model(reference, "lenet_2014", ".caffemodel"))
    frozen = solver.net.params["conv2"][0].data.copy()
    data = images * np.float32(0.00390625)
    solver.net.set_input_arrays(data, (labels % 2).astype(np.float32))

    losses = []
    for _ in range(40):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data))

    assert np.mean(losses[-10:]) < 0.25 * np.mean(losses[:3])
    np.testing.assert_array_equal(solver.net.params["conv2"][0].data, frozen)
    assert np.abs(solver.net.params["conv2"][0].diff).max() == 0
