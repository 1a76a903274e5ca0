"""What `cache` says changes where samples come from, and not one bit of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from protonet.errors import DataError, SpecError
from protonet.net import Net
from protonet.run import caching
from protonet.schema import load_spec
from tests.run.test_sets import images, opened, write_images

CUT = {"crop_size": 3, "mirror": True, "mean_value": 2, "scale": 0.3}
INPUTS = {
    "data": {"shape": [3, 3, 3], "channels": "BGR"},
    "label": {"shape": [], "dtype": "int64"},
}
BGR = {"data": {"shape": [3, 4, 4], "channels": "BGR"}, "label": {"shape": [], "dtype": "int64"}}


def batches(
    folder: Path, data: dict[str, Any], inputs: dict[str, Any] | None, start: int = 0
) -> list[tuple[torch.Tensor, ...]]:
    """Return ten batches, which are more than two epochs."""
    found = opened(folder, {"shuffle": True, **data}, inputs)
    feed = found.feed(Net(load_spec(folder / "spec.yaml").net), endless=True, seed=4, start=start)
    taken = [next(feed) for _ in range(10)]
    assert feed.reader.position == start + 10
    feed.reader.close()
    return taken


@pytest.mark.parametrize(
    ("transform", "inputs"), [(CUT, INPUTS), ({}, BGR), ({"scale": 0.5}, None), ({}, None)]
)
@pytest.mark.parametrize("cache", ["ram", "device"])
@pytest.mark.parametrize("start", [0, 3])
def test_samples_are_the_same_wherever_they_are_kept(
    tmp_path: Path, cache: str, transform: dict[str, Any], inputs: dict[str, Any] | None, start: int
) -> None:
    write_images(tmp_path / "images.lmdb", images(7))
    read = batches(tmp_path, {"transform": transform}, inputs, start)
    kept = batches(tmp_path, {"transform": transform, "cache": cache}, inputs, start)
    for one, other in zip(read, kept, strict=True):
        for first, second in zip(one, other, strict=True):
            assert torch.equal(first, second)
            assert first.dtype == second.dtype
            assert first.data_ptr() % 64 == second.data_ptr() % 64 or transform


def test_a_set_on_the_device_is_brought_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {"cache": "device"})
    brought: list[str] = []

    def loaded(dataset: Any, name: str, device: torch.device) -> torch.Tensor:
        brought.append(name)
        return torch.from_numpy(images())

    monkeypatch.setattr(caching, "loaded", loaded)
    net = Net(load_spec(tmp_path / "spec.yaml").net)
    for _ in range(3):
        feed = found.feed(net, endless=False)
        assert len(list(feed)) == 3
    assert brought == ["data"]  # the labels, which are checked on the host, travel


def refusal(folder: Path, data: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as caught:
        opened(folder, data)
    return str(caught.value)


def test_a_set_larger_than_what_is_free_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 images of 48 bytes and 5 labels of 8 are 280 bytes."""
    write_images(tmp_path / "images.lmdb", images())
    monkeypatch.setattr(caching, "free_bytes", lambda device: 279)
    path = tmp_path / "spec.yaml"
    assert refusal(tmp_path, {"cache": "ram"}) == (
        f"error[PN040] {path}:5:12 data.train.cache: {tmp_path}/images.lmdb has 280 B, and 279 B "
        "are free\n"
        "    5 |     cache: ram\n"
        "      |            ^^^\n"
        "      leave cache out: what is read often stays in the system's page cache anyway"
        "  see: protonet explain PN040\n"
        f"1 error in {path}"
    )
    monkeypatch.setattr(caching, "free_bytes", lambda device: 280)
    opened(tmp_path, {"cache": "ram"})
    monkeypatch.setattr(caching, "free_bytes", lambda device: None)
    opened(tmp_path, {"cache": "ram"})


def test_a_device_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {"cache": "device"})
    monkeypatch.setattr(caching, "free_bytes", lambda device: 239)
    with pytest.raises(DataError) as caught:
        found.feed(Net(load_spec(tmp_path / "spec.yaml").net), endless=True)
    assert str(caught.value) == (
        f"{tmp_path}/images.lmdb: cache: device: field data has 240 B, and 239 B of cpu are free; "
        "leave cache out: what is read often stays in the system's page cache anyway"
    )


def test_transforms_that_work_on_the_host_are_refused_beside_a_device(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    steps = [{"type": "Mirror"}, {"type": "Pad", "pad": 1}, {"type": "CenterCrop", "size": 4}]
    path = tmp_path / "spec.yaml"
    said = refusal(tmp_path, {"cache": "device", "transform": steps})
    assert said == (
        f"error[PN040] {path}:5:12 data.train.cache: the images stay on the device, and a "
        "transform of theirs works on the host\n"
        "    5 |     cache: device\n"
        "      |            ^^^^^^\n"
        "      crops, mirrors and arithmetic work on a device; cache: ram takes any transform"
        "  see: protonet explain PN040\n"
        f"1 error in {path}"
    )
    opened(tmp_path, {"cache": "ram", "transform": steps})
