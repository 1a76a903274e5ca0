"""What lives on a device is gathered there as it would be on the host; on the CPU as on a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.data.aligned import Memory
from protonet.data.device_images import DeviceImages, cut, loaded
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.windows.plain import Windows
from tests.data.tables import write

GPU = pytest.param(
    "cuda",
    marks=[
        pytest.mark.gpu,
        pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
    ],
)
DEVICES = pytest.mark.parametrize("device", ["cpu", GPU])
ROWS = np.array([4, 0, 4, 1])


def images(dtype: str = "uint8") -> Array:
    return (np.arange(6 * 3 * 9 * 11) * 7 % 251).astype(dtype).reshape(6, 3, 9, 11)


def windows(*, channels_reversed: bool) -> Windows:
    tops, lefts = np.array([0, 2, 1, 4]), np.array([3, 0, 6, 2])
    return Windows(tops, lefts, 5, 4, np.array([True, False, True, False]), channels_reversed)


@DEVICES
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64", "bool"])
def test_all_records_are_brought_to_the_device(tmp_path: Path, device: str, dtype: str) -> None:
    dataset = open_dataset(write(tmp_path / "x.lmdb", {"data": images(dtype)}))
    table = loaded(dataset, "data", torch.device(device))
    assert table.device.type == device
    assert np.array_equal(table.cpu().numpy(), images(dtype))


def test_they_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.data.device_images._PIECE_BYTES", 4 * 3 * 9 * 11)
    dataset = open_dataset(write(tmp_path / "x.lmdb", {"data": images()}))  # 4 records and 2
    assert np.array_equal(loaded(dataset, "data", torch.device("cpu")).numpy(), images())


@DEVICES
@pytest.mark.parametrize("channels_reversed", [False, True])
def test_windows_are_those_that_are_cut_on_the_host(device: str, channels_reversed: bool) -> None:
    taken = windows(channels_reversed=channels_reversed)
    wanted = np.empty((4, 3, 5, 4), np.uint8)
    taken.cut(images()[ROWS], wanted)
    table = torch.from_numpy(images()).to(device)

    given = cut(table, torch.from_numpy(ROWS).to(device), taken)

    assert np.array_equal(given.cpu().numpy(), wanted)


@DEVICES
def test_records_or_their_windows_are_given_by_position(device: str) -> None:
    table = torch.from_numpy(images()).to(device)
    whole = DeviceImages(table, None, Memory())(ROWS, ROWS, 0)
    assert np.array_equal(whole.cpu().numpy(), images()[ROWS])

    def by_position(positions: Array) -> Windows:
        assert positions.tolist() == [7, 8, 9, 10]
        return windows(channels_reversed=False)

    given = DeviceImages(table, by_position, Memory())(ROWS, np.arange(7, 11), 3)
    wanted = np.empty((4, 3, 5, 4), np.uint8)
    windows(channels_reversed=False).cut(images()[ROWS], wanted)
    assert np.array_equal(given.cpu().numpy(), wanted)
    if device == "cpu":  # where kernels round by the place in memory
        assert given.data_ptr() % 64 == 3 * 3 * 5 * 4 % 64
