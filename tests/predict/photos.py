"""Pictures of our own making, and nets that were trained on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from protonet.convert import ConvertOptions, convert

CLASSES = ("dark", "bright")

SPEC = """\
name: photos
data:
  train: {{source: photos.lmdb/train, batch_size: 4, shuffle: true, transform: {transform}}}
  test: {{source: photos.lmdb/test, batch_size: 5, transform: {transform}}}
net:
  inputs:
    data: {{shape: [3, {side}, {side}], channels: BGR}}
    label: {{shape: [], dtype: int64}}
  layers:
    - {{name: conv, type: Convolution, num_output: 4, kernel_size: 3, weight_filler: xavier}}
    - {{name: relu, type: ReLU}}
    - {{name: ip, type: InnerProduct, num_output: 2, weight_filler: xavier}}
    - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
    - {{name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}}
solver: {{base_lr: 0.01, max_iter: 4, test_interval: 4, random_seed: 3, threads: 1}}
"""


def photo(path: Path, width: int, height: int, seed: int, mode: str = "RGB") -> Path:
    """Write a picture of coloured noise, in blocks of 4 pixels so that a JPEG keeps it."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (-(-height // 4), -(-width // 4), 3), np.uint8)
    pixels = small.repeat(4, 0).repeat(4, 1)[:height, :width]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def photos(folder: Path, count: int = 12) -> Path:
    """Write class folders of JPEGs of several sizes, which nothing tells apart."""
    for number in range(count):
        place = folder / "photos" / CLASSES[number % 2] / f"{number:02}.jpg"
        photo(place, 17 + number, 30 - number, number)
    return folder / "photos"


def photo_spec(folder: Path, resize: tuple[int, int] | None = (12, 10), side: int = 8) -> Path:
    """Convert photos of several sizes, scaled to (width, height), and return a spec to train."""
    split = (("train", 0.5), ("test", 0.5))
    options = ConvertOptions(resize=resize, shuffle=1, split=split, workers=1)
    convert(photos(folder), folder / "photos.lmdb", options)
    path = folder / "photos.yaml"
    transform = f"{{crop_size: {side}, mean: dataset, scale: 0.02}}"
    path.write_text(SPEC.format(transform=transform, side=side))
    return path
