from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from protonet.predict.batches import Rejected, read_batches
from protonet.predict.preparation import Preparation
from protonet.snapshot import Evaluation, Stored
from protonet.windows.resampled import resampled
from tests.predict.photos import photo

SCALED = Evaluation(
    input="data",
    shape=(3, 4, 6),
    transform=({"type": "Scale", "factor": [0.5]},),
    channels="RGB",
    stored=Stored(shape=(3, 4, 6), resize="6x4"),
)


def expected(path: Path) -> Any:
    with Image.open(path) as image:
        scaled = resampled(np.asarray(image), (4, 6))
    return scaled.transpose(2, 0, 1).astype(np.float32) * 0.5


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_pictures_come_in_order_whoever_decodes_them(
    tmp_path: Path, threads: int, *, ahead: bool
) -> None:
    paths = [str(photo(tmp_path / f"{n}.png", 8 + n, 9, n)) for n in range(7)]
    batches = list(read_batches(paths, [Preparation(SCALED)], 3, threads, ahead=ahead))
    assert [len(batch.paths) for batch in batches] == [3, 3, 1]
    cpu = torch.device("cpu")
    found = torch.cat([batch.samples(0, cpu, channels_last=False) for batch in batches])
    assert np.array_equal(found.numpy(), np.stack([expected(Path(path)) for path in paths]))


def test_pictures_of_several_sizes_keep_their_order(tmp_path: Path) -> None:
    crop = {"type": "CenterCrop", "size": [4, 4]}
    any_size = Evaluation(input="data", shape=(3, 4, 4), transform=(crop,), channels="RGB")
    sizes = [(4, 4), (6, 4), (4, 4), (4, 8), (6, 4)]
    paths = [photo(tmp_path / f"{n}.png", *size, n) for n, size in enumerate(sizes)]
    (batch,) = read_batches([str(path) for path in paths], [Preparation(any_size)], 9, 1)
    found = batch.samples(0, torch.device("cpu"), channels_last=True)
    assert found.is_contiguous(memory_format=torch.channels_last)
    for row, path in zip(found.numpy(), paths, strict=True):
        with Image.open(path) as image:
            left, top = (image.width - 4) // 2, (image.height - 4) // 2
            cut = np.asarray(image.crop((left, top, left + 4, top + 4)))
        assert np.array_equal(row, cut.transpose(2, 0, 1))


@pytest.mark.parametrize("cut_first", [True, False])
def test_what_is_of_one_size_when_it_travels_is_prepared_together(
    tmp_path: Path, *, cut_first: bool
) -> None:
    steps = [{"type": "CenterCrop", "size": [4, 4]}, {"type": "Scale", "factor": [0.5]}]
    transform = tuple(steps if cut_first else steps[::-1])
    halved = Evaluation(input="data", shape=(3, 4, 4), transform=transform, channels="RGB")
    sizes = [(4, 6), (6, 4), (4, 6), (4, 8), (6, 4)]
    paths = [photo(tmp_path / f"{n}.png", *size, n) for n, size in enumerate(sizes)]
    (batch,) = read_batches([str(path) for path in paths], [Preparation(halved)], 9, 1)
    (groups,) = batch.views
    places = [[0, 1, 2, 3, 4]] if cut_first else [[0, 2], [1, 4], [3]]
    assert [at.tolist() for _, at in groups] == places
    assert [one.positions.tolist() for one, _ in groups] == places
    found = batch.samples(0, torch.device("cpu"), channels_last=False)
    for row, path in zip(found.numpy(), paths, strict=True):
        with Image.open(path) as image:
            left, top = (image.width - 4) // 2, (image.height - 4) // 2
            cut = np.asarray(image.crop((left, top, left + 4, top + 4)))
        assert np.array_equal(row, cut.transpose(2, 0, 1) * np.float32(0.5))


@pytest.mark.parametrize("ahead", [True, False])
def test_what_cannot_be_read_is_told_in_its_batch(tmp_path: Path, *, ahead: bool) -> None:
    good, bad, cut = (tmp_path / name for name in ("a.png", "b.png", "c.jpg"))
    photo(good, 6, 4, 0)
    bad.write_bytes(b"no picture")
    photo(cut, 40, 40, 1)
    cut.write_bytes(cut.read_bytes()[:-300])
    paths = [str(bad), str(good), str(cut)]
    (batch,) = read_batches(paths, [Preparation(SCALED)], 3, 1, ahead=ahead)
    assert batch.paths == (str(good),)
    assert batch.rejected[0] == Rejected(
        str(bad),
        f"{bad}: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM, "
        "or damaged at its beginning",
    )
    assert batch.rejected[1].path == str(cut)
    # how many bytes Pillow had left is its own affair
    start = f"{cut}: cannot be read as an image: image file is truncated ("
    assert batch.rejected[1].why.startswith(start)


def test_the_system_is_told_of_the_next_files_whatever_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "protonet.predict.batches.os.posix_fadvise",
        lambda file, *rest: told.append(os.readlink(f"/proc/self/fd/{file}")),
    )
    os.mkfifo(tmp_path / "pipe.png")  # a reader of which would wait for a writer
    paths = [str(photo(tmp_path / f"{n}.png", 6, 4, n)) for n in range(3)]
    paths[2:2] = [str(tmp_path / "gone.png"), str(tmp_path / "pipe.png"), "a\0b.png"]
    batches = read_batches(paths, [Preparation(SCALED)], 2, 1, ahead=False)
    assert next(batches).paths == (paths[0], paths[1])
    assert told == [str(tmp_path / "pipe.png")]
    batches.close()


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1"])
def test_other_colours_become_the_nets(tmp_path: Path, mode: str) -> None:
    ending = "jpg" if mode == "CMYK" else "png"
    path = photo(tmp_path / f"a.{ending}", 6, 4, 0, mode)
    (batch,) = read_batches([str(path)], [Preparation(SCALED)], 1, 1)
    assert batch.samples(0, torch.device("cpu"), channels_last=False).shape == (1, 3, 4, 6)
