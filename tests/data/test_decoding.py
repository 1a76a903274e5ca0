from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from protonet.data.decoding import Decoding
from protonet.data.image import decode, encode
from protonet.data.layout import Array
from protonet.errors import DataError
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.transforms.sizing import build_sizing
from tests.data.jpegs import KINDS, jpeg
from tests.transforms.photos import photos

CROP = {"type": "RandomResizedCrop", "size": [24, 20], "reduced": False}
MIRROR = {"type": "Mirror"}
CONTEXT = Context(shape=(3, 40, 56), training=True, seed=5)
SIZES = [(40, 56), (61, 33), (24, 24), (90, 120), (47, 200)]


@dataclass(frozen=True)
class Files:
    """Images as they are encoded."""

    files: Sequence[bytes]
    gray: bool = False

    def view(self, row: int) -> memoryview:
        return memoryview(self.files[row])

    def name(self, row: int) -> str:
        return f"a.lmdb, record {row}"


def every_kind() -> list[bytes]:
    """Return JPEGs of many sizes and kinds, lying on their side as well, and a PNG."""
    kinds = list(KINDS.values())
    each = [jpeg(*size, **kinds[number]) for number, size in enumerate(SIZES)]
    turned = [jpeg(40, 56, orientation=turn) for turn in (3, 6, 8)]
    return [*each, *turned, encode(photos(1)[0].transpose(1, 2, 0), "PNG"), jpeg(50, 50)]


def decoding(steps: list[dict[str, Any]], **known: Any) -> Decoding:
    return Decoding(build_sizing(read_transform(steps), CONTEXT, (24, 20)), **known)


def one_by_one(
    steps: list[dict[str, Any]], files: Files, rows: Array, positions: Array, *, reverse: bool
) -> list[Array]:
    """Return what whole images get from a pipeline of their own size."""
    results = []
    for row, position in zip(rows, positions, strict=True):
        pixels = decode(files.files[row], gray=files.gray).pixels.transpose(2, 0, 1)[None]
        image = np.array(pixels[:, ::-1] if reverse else pixels, order="C")
        context = replace(CONTEXT, shape=image.shape[1:])
        pipeline = build_pipeline(read_transform(steps), context)
        results.append(pipeline.host(image, np.array([position]))[0])
    return results


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
@pytest.mark.parametrize("gray", [True, False])
@pytest.mark.parametrize(
    "steps",
    [
        [CROP],
        [CROP, MIRROR],
        [{**CROP, "antialias": False, "interpolation": "bicubic"}, MIRROR],
        [{**CROP, "interpolation": "nearest"}],
        [CROP, {"type": "RandomCrop", "size": 17}, MIRROR],
        [{"type": "Resize", "size": [24, 20]}, MIRROR],
        [{"type": "Resize", "short": 30}, {"type": "CenterCrop", "size": [24, 20]}],
        [{"type": "RandomCrop", "size": 24}],
    ],
    ids=lambda steps: " ".join(step["type"] for step in steps),
)
def test_a_batch_has_the_bytes_that_whole_images_would_get(
    steps: list[dict[str, Any]], gray: bool, reverse: bool, channels_last: bool
) -> None:
    """The same windows, the same sides, the same pixels, for images of any size and kind."""
    files = Files(every_kind(), gray)
    rows = np.random.default_rng(1).permutation(len(files.files))
    positions = rows * 3 + 1000
    made = decoding(steps, channels_reversed=reverse and not gray)
    shape = (1 if gray else 3, *made.shape[1:])
    out = np.zeros((len(rows), *shape), np.uint8)
    if channels_last:
        out = np.zeros((len(rows), *shape[1:], shape[0]), np.uint8).transpose(0, 3, 1, 2)

    made.decode(files, rows, positions, out)

    expected = one_by_one(steps, files, rows, positions, reverse=made.channels_reversed)
    for given, wanted in zip(out, expected, strict=True):
        assert np.array_equal(given, wanted)


def test_any_number_of_threads_gives_the_same() -> None:
    files, rows = Files([*every_kind()] * 3), np.arange(30)
    each = []
    for threads in (1, 2, 5):
        made = decoding([CROP, MIRROR], threads=threads)
        each.append(np.zeros((30, *made.shape), np.uint8))
        made.decode(files, rows, rows, each[-1])

    assert np.array_equal(each[0], each[1])
    assert np.array_equal(each[0], each[2])


def test_a_reduced_image_differs_a_little() -> None:
    """Windows are the same; their edges are moved by half a pixel of the smaller image at most, so
    by half a pixel of the sample. Of a smooth picture, with noise of 4, that changes little."""
    files, rows = Files([jpeg(400, 600, subsampling=0)] * 40), np.arange(40)
    whole, reduced = (np.zeros((40, 3, 24, 20), np.uint8) for _ in range(2))

    decoding([CROP, MIRROR]).decode(files, rows, rows, whole)
    decoding([{**CROP, "reduced": True}, MIRROR]).decode(files, rows, rows, reduced)

    difference = np.abs(whole.astype(int) - reduced)
    assert difference.any()
    assert difference.mean() < 2
    assert difference.max() < 24


def test_what_is_not_larger_by_two_is_not_reduced() -> None:
    files, rows = Files([jpeg(47, 39)] * 10), np.arange(10)
    whole, reduced = (np.zeros((10, 3, 24, 20), np.uint8) for _ in range(2))

    decoding([CROP]).decode(files, rows, rows, whole)
    decoding([{**CROP, "reduced": True}]).decode(files, rows, rows, reduced)

    assert np.array_equal(whole, reduced)


@pytest.mark.parametrize("steps", [[CROP], [{"type": "CenterCrop", "size": 20}]])
def test_an_image_that_is_broken_is_named(steps: list[dict[str, Any]]) -> None:
    files = Files([jpeg(40, 56), jpeg(40, 56)[:-200], b"no image"])
    made = decoding(steps)

    for row, why in (
        (1, "image file is truncated"),
        (2, "it is none of JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM, or damaged at its beginning"),
    ):
        with pytest.raises(DataError) as caught:
            out = np.zeros((2, *made.shape), np.uint8)
            made.decode(files, np.array([0, row]), np.arange(2), out)
        told, _, _ = str(caught.value).partition(" (")  # how many bytes Pillow has left
        assert told == f"a.lmdb, record {row}: cannot be read as an image: {why}"


def test_an_image_of_a_size_that_cannot_be_taken_is_named() -> None:
    made = decoding([{"type": "CenterCrop", "size": [24, 20]}])

    with pytest.raises(DataError) as caught:
        files = Files([jpeg(40, 56), jpeg(23, 56)])
        made.decode(files, np.array([1]), np.arange(1), np.zeros((1, *made.shape), np.uint8))
    assert str(caught.value) == (
        "a.lmdb, record 1: transform 1 (CenterCrop): a window of 24 x 20 does not fit into images "
        "of 23 x 56: 23 - 24 = -1 rows left, 56 - 20 = 36 columns left"
    )


def test_an_exact_decoding_never_reduces() -> None:
    steps = [{"type": "RandomResizedCrop", "size": [24, 20]}]
    images, where = Files([jpeg(300, 400)]), np.arange(1)
    found = {}
    for name, how in (("reduced", decoding(steps)), ("exact", decoding(steps).exact())):
        found[name] = np.empty((1, *how.shape), np.uint8)
        how.decode(images, where, where, found[name])
    whole = [{**steps[0], "reduced": False}]
    expected = one_by_one(whole, images, where, where, reverse=False)
    assert np.array_equal(found["exact"], expected)
    assert not np.array_equal(found["reduced"], expected)
    turned = decoding([{"type": "Resize", "short": 30}, {"type": "CenterCrop", "size": [24, 20]}])
    assert turned.exact() is turned
