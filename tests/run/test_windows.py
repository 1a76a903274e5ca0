"""Training on the windows of a window file, from the spec to the numbers that a net gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.distributed.group import Group
from protonet.errors import DataError, SpecError, UsageError
from protonet.net import Net
from protonet.run.sets import OpenSet, open_sets
from protonet.run.train import train
from protonet.run.windows import emptied
from protonet.schema import load_spec, located
from tests.data.window_set import WINDOWS, pictures, write_windows

SPEC = """\
name: rcnn
data:
  train:
    source: windows.txt
    batch_size: 8
    windows: {context_pad: 2, fg_fraction: 0.3}
    transform: {crop_size: 12, mirror: true}
  test:
    source: windows.txt
    batch_size: 4
    records: 12
    windows: {crop_mode: square}
    transform: {crop_size: 12}
net:
  inputs: {data: {shape: [3, 12, 12], channels: BGR}, label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
    - {name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}
solver: {base_lr: 0.0001, momentum: 0.9, max_iter: 12, snapshot: 5, test_interval: 6,
         random_seed: 3, threads: 1}
"""
BOXES = [(0, 0, 5, 11), (1, 1, 14, 10), (0, 2, 6, 8), (2, 3, 9, 8), (8, 0, 15, 5), (3, 3, 6, 6)]
IMAGES = [0, 0, 1, 0, 0, 1]
LABELS = [0, 0, 0, 2, 1, 2]
"""Of the windows, background first."""


def spec_file(folder: Path, text: str = WINDOWS) -> Path:
    write_windows(folder, text)
    path = folder / "a.yaml"
    path.write_text(SPEC)
    return path


def opened(path: Path, *overrides: str, name: str = "train", group: Group | None = None) -> OpenSet:
    spec = load_spec(path, overrides)
    with located(spec):
        made = open_sets(spec, {name: Net(spec.net)}, pytest.fail)[name]
    return made if group is None else OpenSet(made.name, made.spec, made.sources, group)


def batches(
    path: Path, *overrides: str, count: int = 4, start: int = 0, group: Group | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images and labels of some training batches, as the net gets them."""
    feed = opened(path, *overrides, group=group).feed(
        Net(load_spec(path).net), endless=True, seed=3, start=start
    )
    read = [next(feed) for _ in range(count)]
    feed.reader.close()
    data, labels = zip(*read, strict=True)
    return torch.cat(data), torch.cat(labels)


def refusal(path: Path, *overrides: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(SpecError) as caught:
        opened(path, *overrides)
    folder = f"{path.parent}/"
    told = caught.value.problems
    return [(one.code, one.path, one.why.replace(folder, ""), one.hint) for one in told]


def test_a_batch_ends_with_its_share_of_foreground(tmp_path: Path) -> None:
    images, labels = batches(spec_file(tmp_path), count=20)
    assert images.shape == (160, 3, 12, 12)
    foreground = labels.reshape(20, 8) > 0
    assert not foreground[:, :6].any()  # 0.3 of 8 is 2.4, so 2
    assert foreground[:, 6:].all()


def test_samples_are_warped_windows_in_the_order_of_channels_of_the_net(tmp_path: Path) -> None:
    library = pytest.importorskip("cv2")
    path = spec_file(tmp_path)
    plain = "data.train.windows={}"
    images, labels = batches(path, plain, "data.train.transform={crop_size: 12}", count=9)
    expected = []
    for (x1, y1, x2, y2), image in zip(BOXES, IMAGES, strict=True):
        cut = pictures()[image][y1 : y2 + 1, x1 : x2 + 1]
        expected.append(library.resize(cut, (12, 12))[..., ::-1].transpose(2, 0, 1))
    known = torch.from_numpy(np.stack(expected).astype(np.float32))
    distance = (images[:, None] - known).abs().amax((2, 3, 4))  # (72, 6)
    assert (distance.min(1).values <= 1).all()
    assert labels.tolist() == [LABELS[k] for k in distance.argmin(1).tolist()]
    assert set(distance.argmin(1).tolist()) == set(range(6))


@pytest.mark.parametrize("mode", ["warp", "square"])
def test_what_is_outside_is_0_after_mean_and_scale(mode: str, tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    square = f"data.train.windows={{context_pad: 3, crop_mode: {mode}}}"
    size = "crop_size: 12, mirror: true"
    plain, labels = batches(path, square, f"data.train.transform={{{size}}}")
    given = "mean_value: [7.5, 8.25, 9.125], scale: 0.5"
    images, again = batches(path, square, f"data.train.transform={{{size}, {given}}}")
    assert labels.tolist() == again.tolist()
    # pixels of the pictures that are 0 are told from what is outside by the other channels
    outside = (plain == 0).all(1, keepdim=True)
    mean = torch.tensor([7.5, 8.25, 9.125])[:, None, None]
    expected = ((plain - mean) * 0.5).masked_fill(outside, 0)
    assert outside.any()
    assert torch.equal(images, expected)


def test_of_a_mean_image_the_centre_counts_and_is_not_turned(tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    mean = np.random.default_rng(1).uniform(0, 99, (3, 19, 18)).astype(np.float32)
    given = f"data.train.transform.mean_file={tmp_path}/mean.npy"
    np.save(tmp_path / "mean.npy", mean)
    plain, _ = batches(path)
    images, _ = batches(path, given)
    outside = (plain == 0).all(1, keepdim=True)
    centre = torch.from_numpy(mean[:, 3:15, 3:15])  # (18 - 12) / 2 = 3 of both axes, as in Caffe
    assert torch.equal(images, (plain - centre).masked_fill(outside, 0))
    np.save(tmp_path / "mean.npy", mean[:, :, :11])
    assert refusal(path, given) == [
        (
            "PN041",
            "data.train.transform.mean_file",
            "mean.npy: the mean image has 11x19 pixels, and windows have 12x12",
            "a mean image at least as large, or the mean of each channel in mean_value",
        )
    ]
    np.save(tmp_path / "mean.npy", mean[:, 0, 0])
    images, _ = batches(path, given)
    numbers = torch.from_numpy(mean[:, :1, :1])
    assert torch.equal(images, (plain - numbers).masked_fill(outside, 0))


def test_half_of_the_windows_are_mirrored(tmp_path: Path) -> None:
    path, whole = spec_file(tmp_path), "data.train.windows={fg_fraction: 1}"
    plain, labels = batches(path, whole, "data.train.transform={crop_size: 12}", count=20)
    images, again = batches(path, whole, count=20)
    assert labels.tolist() == again.tolist()
    same = (images == plain).flatten(1).all(1)
    turned = (images == plain.flip(-1)).flatten(1).all(1)
    assert (same ^ turned).all()
    assert 50 < int(turned.sum()) < 110


def test_batches_are_the_same_wherever_they_begin_and_for_any_number_of_processes(
    tmp_path: Path,
) -> None:
    path = spec_file(tmp_path)
    images, labels = batches(path, count=6)
    late, later = batches(path, count=2, start=4)
    assert torch.equal(late, images[32:])
    assert torch.equal(later, labels[32:])
    halves = [batches(path, count=6, group=Group(rank, 2))[0] for rank in range(2)]
    joined = torch.cat([half.view(6, 4, 3, 12, 12) for half in halves], dim=1)
    assert torch.equal(joined.view(48, 3, 12, 12), images)


def test_a_test_measures_as_many_as_it_says_and_the_same_each_time(tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    made, net = opened(path, name="test"), Net(load_spec(path).net)
    first, second = (list(made.feed(net, endless=False)) for _ in range(2))
    assert [len(labels) for _, labels in first] == [4, 4, 4]
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, second, strict=True))
    assert [int((labels > 0).sum()) for _, labels in first] == [1, 1, 1]
    assert len(made) == 12
    assert len(opened(path, "data.test.records=null", name="test")) == 6


def test_a_run_that_is_interrupted_ends_as_if_it_were_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = spec_file(tmp_path)
    whole = train(path, run="whole").folder
    half: dict[str, Any] = {"solver.max_iter": 5}
    train(path, run="half", **half)
    resumed = train(path, run="half", resume=True).folder
    weights, again = (
        (run / "snapshots/iter_12/weights.safetensors").read_bytes() for run in (whole, resumed)
    )
    assert weights == again
    path.with_name("windows.txt").write_text(WINDOWS.replace("8 0 15 5", "8 0 15 6"))
    with pytest.raises(UsageError, match="data.train holds other records now"):
        train(path, run="half", resume=True, **{**half, "solver.max_iter": 20})


def test_an_image_that_changed_ends_the_training_with_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = spec_file(tmp_path)
    (tmp_path / "far" / "blue.png").write_bytes((tmp_path / "red.png").read_bytes())
    with pytest.raises(DataError) as caught:
        train(path, run="a")
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "data.test: windows.txt:12: far/blue.png is 16x12 pixels, and the window file says 7x9"
    )


def test_kinds_that_are_drawn_must_be_there(tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    assert refusal(path, "data.train.windows={fg_threshold: 0.95, bg_threshold: 1}") == [
        (
            "PN041",
            "data.train.windows",
            "2 of 8 windows of a batch are foreground, of an overlap of at least fg_threshold "
            "0.95, and windows.txt has none",
            "fg_fraction: 0 draws none of them",
        )
    ]
    assert refusal(path, "data.train.windows={bg_threshold: 0}") == [
        (
            "PN041",
            "data.train.windows",
            "6 of 8 windows of a batch are background, of an overlap below bg_threshold 0, and "
            "windows.txt has none",
            "fg_fraction: 1 draws none of them",
        )
    ]
    assert len(opened(path, "data.train.windows={bg_threshold: 0, fg_fraction: 1}")) == 3


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    assert refusal(path, "data.train.transform={crop_size: 13}") == [
        (
            "PN041",
            "data.train.source",
            "a sample of data has the shape (3, 13, 13), the net's input takes (3, 12, 12)",
            "transform: {crop_size: 12} warps windows to that size",
        )
    ]
    (tmp_path / "windows.txt").write_text(WINDOWS.replace("1 0.6", "4 0.6"))
    assert refusal(path) == [
        (
            "PN041",
            "data.train.source",
            "the set has 5 classes, and ip, which layer loss compares with its labels, has 3 "
            "scores",
            "the layer that gives ip needs num_output: 5",
        )
    ]
    (tmp_path / "windows.txt").write_text(WINDOWS.replace("# 1", "# 2"))
    told = "windows.txt:11: the images are numbered from 0, so this is `# 1`, not `# 2`"
    assert refusal(path) == [("PN040", "data.train.source", told, "")]


def test_a_window_file_without_the_key_says_which_it_needs(tmp_path: Path) -> None:
    path = spec_file(tmp_path)
    assert refusal(path, "data.train.windows=null") == [
        (
            "PN040",
            "data.train.source",
            "windows.txt: it is a window file: data: {train: {source: WINDOWS.txt, windows: {}, "
            "transform: {crop_size: 227}, batch_size: 128}} draws windows from it as it trains, "
            "without conversion",
            "",
        )
    ]


def test_what_is_not_filled_becomes_0() -> None:
    images = torch.ones(2, 2, 3, 4)
    made: Any = emptied(images, torch.tensor([[1, 0, 2, 3], [0, 0, 3, 4]], dtype=torch.int32))
    assert made is images
    assert made[0, 1].tolist() == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    assert (made[1] == 1).all()
