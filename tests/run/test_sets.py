from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import yaml

from protonet.data.header import FieldSpec
from protonet.data.known import Located, Search
from protonet.data.table import create_tables
from protonet.errors import SpecError
from protonet.net import Net
from protonet.run import opening
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import load_spec, located

Pixels = npt.NDArray[np.uint8]


def images(count: int = 5, channels: int = 3) -> Pixels:
    """Return images of 4 x 4 pixels, each pixel another number."""
    return np.arange(count * channels * 16, dtype=np.uint8).reshape(count, channels, 4, 4)


def write_images(path: Path, pixels: Pixels, channels: Any = "RGB", classes: int = 3) -> None:
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=pixels.shape[1:]),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    labels = np.arange(len(pixels)) % classes
    names = [str(number) for number in range(classes)]
    with create_tables(path) as tables:
        table = tables.table(None, fields, channels=channels, classes=names)
        table.write({"data": pixels, "label": labels})


def written(folder: Path, data: dict[str, Any], inputs: dict[str, Any] | None = None) -> Path:
    """Write a spec that trains a net on `images.lmdb` into the folder; return its path."""
    spec = {
        "data": {"train": {"source": "images.lmdb", "batch_size": 2, **data}},
        "net": {
            "inputs": inputs or {"data": [3, 4, 4], "label": {"shape": [], "dtype": "int64"}},
            "layers": [
                {"name": "ip", "type": "InnerProduct", "num_output": 3},
                {"name": "loss", "type": "SoftmaxWithLoss", "bottom": ["ip", "label"]},
            ],
        },
        "solver": {"base_lr": 0.1, "max_iter": 1},
    }
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def opened(folder: Path, data: dict[str, Any], inputs: dict[str, Any] | None = None) -> OpenSet:
    """Open `images.lmdb` as the training set of a net, as a spec in the folder would."""
    loaded = load_spec(written(folder, data, inputs))
    with located(loaded):
        return open_sets(loaded, {"train": Net(loaded.net)}, pytest.fail)["train"]


def first(folder: Path, found: OpenSet) -> torch.Tensor:
    """Return the images of the first batch, as the net gets them."""
    net = Net(load_spec(folder / "spec.yaml").net)
    feed = found.feed(net, endless=True)
    data, _ = next(feed)
    feed.reader.close()
    return data


def test_images_come_transformed_in_the_nets_channel_order(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    inputs = {
        "data": {"shape": [3, 4, 4], "channels": "BGR"},
        "label": {"shape": [], "dtype": "int64"},
    }
    found = opened(tmp_path, {"transform": {"mean_value": [1, 2, 3], "scale": 0.5}}, inputs)

    mean = np.array([1, 2, 3], np.float32).reshape(3, 1, 1)
    expected = (images()[:2, ::-1].astype(np.float32) - mean) * 0.5
    np.testing.assert_array_equal(first(tmp_path, found), expected)
    assert found.first.channels == "BGR"


def test_the_training_sets_mean_is_turned_with_the_channels(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    inputs = {
        "data": {"shape": [3, 4, 4], "channels": "BGR"},
        "label": {"shape": [], "dtype": "int64"},
    }
    found = opened(tmp_path, {"transform": {"mean": "dataset"}}, inputs)

    means = images().astype(np.float64).mean((0, 2, 3))[::-1]
    expected = images()[:2, ::-1] - means.reshape(3, 1, 1)
    np.testing.assert_allclose(first(tmp_path, found), expected, rtol=1e-6)


def test_a_crop_runs_on_the_host_and_decides_the_shape(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    inputs = {"data": [3, 2, 2], "label": {"shape": [], "dtype": "int64"}}
    found = opened(tmp_path, {"transform": [{"type": "CenterCrop", "size": 2}]}, inputs)
    np.testing.assert_array_equal(first(tmp_path, found), images()[:2, :, 1:3, 1:3])


def test_some_records_come_once_in_the_order_asked_for(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {"batch_size": 2, "transform": {"scale": 2}})
    feed = found.chosen(Net(load_spec(tmp_path / "spec.yaml").net), np.array([4, 0, 3]))
    batches = list(feed)
    assert [len(labels) for _, labels in batches] == [2, 1]
    np.testing.assert_array_equal(
        torch.cat([data for data, _ in batches]), images()[[4, 0, 3]] * np.float32(2)
    )
    assert torch.cat([labels for _, labels in batches]).tolist() == [1, 0, 0]


def test_fields_are_renamed(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    inputs = {"image": [3, 4, 4], "label": {"shape": [], "dtype": "int64"}}
    found = opened(tmp_path, {"fields": {"data": "image"}, "transform": {"scale": 2}}, inputs)
    np.testing.assert_array_equal(first(tmp_path, found), images()[:2].astype(np.float32) * 2)
    source = found.first
    assert (source.image, source.fields) == ("image", {"image": "data", "label": "label"})


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any] | None, str]] = {
    "a missing source": (
        {"source": "image.lmdb"},
        None,
        "error[PN040] {folder}/spec.yaml:3:13 data.train.source: {folder}/image.lmdb: there is no "
        "such dataset; did you mean {folder}/images.lmdb?",
    ),
    "another shape": (
        {},
        {"data": [3, 8, 8], "label": {"shape": [], "dtype": "int64"}},
        "error[PN041] {folder}/spec.yaml:3:13 data.train.source: a sample of data has the shape "
        "(3, 4, 4), the net's input takes (3, 8, 8)",
    ),
    "a field that is missing": (
        {},
        {"image": [3, 4, 4], "label": {"shape": [], "dtype": "int64"}},
        "error[PN040] {folder}/spec.yaml:3:13 data.train.source: the dataset has no field for the "
        "net's input image",
    ),
    "a rename of what is not there": (
        {"fields": {"dat": "data"}},
        None,
        "error[PN040] {folder}/spec.yaml:6:12 data.train.fields.dat: the dataset has no field dat",
    ),
    "a rename to what the net does not read": (
        {"fields": {"data": "pixels"}},
        None,
        "error[PN040] {folder}/spec.yaml:6:13 data.train.fields.data: the net reads no input "
        "pixels",
    ),
    "a crop that does not fit": (
        {"transform": {"crop_size": 9}},
        None,
        "error[PN041] {folder}/spec.yaml:6:18 data.train.transform.crop_size: a window of "
        "9 x 9 does not fit into images of 4 x 4: 4 - 9 = -5 rows left, 4 - 9 = -5 columns left",
    ),
    "colours behind arithmetic": (
        {"transform": [{"type": "Scale", "factor": 2}, {"type": "RandAugment"}]},
        None,
        "error[PN041] {folder}/spec.yaml:8:7 data.train.transform.1: transform 2 (RandAugment): it "
        "works on the values as they are stored, and Scale before it makes them float32",
    ),
    "channels that the net does not expect": (
        {"transform": [{"type": "ToRGB"}]},
        {
            "data": {"shape": [3, 4, 4], "channels": "BGR"},
            "label": {"shape": [], "dtype": "int64"},
        },
        "error[PN041] {folder}/spec.yaml:6:5 data.train.transform: the net expects BGR, and the "
        "transforms leave RGB",
    ),
    "a mean file that is missing": (
        {"transform": {"mean_file": "mean.npy"}},
        None,
        "error[PN040] {folder}/spec.yaml:6:7 data.train.transform: {folder}/mean.npy: the mean "
        "file cannot be read: No such file or directory",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_at_its_place(name: str, tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    data, inputs, message = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        opened(tmp_path, data, inputs)
    assert str(caught.value).splitlines()[0] == message.format(folder=tmp_path)


def test_gray_images_are_no_colour_images(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images(channels=1), channels="gray")
    inputs = {
        "data": {"shape": [1, 4, 4], "channels": "RGB"},
        "label": {"shape": [], "dtype": "int64"},
    }
    with pytest.raises(SpecError) as caught:
        opened(tmp_path, {}, inputs)
    assert str(caught.value).splitlines()[0] == (
        f"error[PN041] {tmp_path}/spec.yaml:3:13 data.train.source: the net expects RGB, and the "
        "images are stored as gray"
    )


def test_a_download_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set is not downloaded here, but told of as if it were; the fallback is read."""
    shown: list[str] = []

    def located(address: str, fallback: str | None, search: Search) -> Located:
        assert search.progress is not None
        for done in (0, 5_800_000, 11_600_000):
            search.progress(done, 11_600_000)
        return Located(str(tmp_path / "images.lmdb"), "mnist")

    monkeypatch.setattr(opening, "locate", located)
    write_images(tmp_path / "images.lmdb", images())
    spec = load_spec(written(tmp_path, {"source": "dataset://mnist/train"}))
    open_sets(spec, {"train": Net(spec.net)}, pytest.fail, shown.append)
    assert shown == ["downloading: 0.0 of 11.6 MB", "downloading: 5.8 of 11.6 MB", ""]
