from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from protonet.snapshot.tensor_file import read_tensors, write_tensors

HEADER = (
    b'{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    b'"c":{"dtype":"I32","shape":[],"data_offsets":[8,12]},'
    b'"a":{"dtype":"BOOL","shape":[1,3],"data_offsets":[12,15]}}'
)


def written(folder: Path, tensors: Mapping[str, Tensor]) -> bytes:
    """Return the bytes of a file, after a look at the checksum."""
    path = folder / "tensors"
    assert write_tensors(path, tensors) == hashlib.sha256(path.read_bytes()).hexdigest()
    return path.read_bytes()


def test_the_bytes_of_a_file(tmp_path: Path) -> None:
    tensors = {
        "a": torch.tensor([[True, False, True]]),
        "b": torch.tensor([1.0, -2.0]),
        "c": torch.tensor(258, dtype=torch.int32),
    }
    length = -(-len(HEADER) // 8) * 8
    assert written(tmp_path, tensors) == (
        length.to_bytes(8, "little")
        + HEADER.ljust(length)
        + bytes.fromhex("0000803f 000000c0")  # 1 and -2 in IEEE 754, little-endian
        + bytes.fromhex("02010000")
        + bytes.fromhex("010001")
    )


@pytest.mark.parametrize(
    "dtype",
    [
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64),
        *(torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2),
    ],
)
def test_safetensors_reads_every_type(dtype: torch.dtype, tmp_path: Path) -> None:
    values = torch.tensor([[0, 1], [1, 0]]).to(dtype)
    tensors = {"one": values, "odd": torch.ones(3, dtype=torch.uint8), "none": values[:0]}
    read = safetensors.torch.load(written(tmp_path, tensors))
    assert read.keys() == tensors.keys()
    assert (read["one"].dtype, read["none"].shape) == (dtype, (0, 2))
    assert read["one"].view(torch.uint8).tolist() == values.view(torch.uint8).tolist()


def test_a_tensor_is_written_as_its_indices_run_whatever_its_memory(tmp_path: Path) -> None:
    images = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    tensors = {"images": images, "turned": torch.arange(6).reshape(2, 3).T, "ß": torch.tensor(1.5)}
    read = read_tensors(written(tmp_path, tensors))
    assert read["images"].flatten().tolist() == list(range(24))
    assert read["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read["ß"].item() == 1.5


def test_no_tensors_are_a_file_too(tmp_path: Path) -> None:
    assert read_tensors(written(tmp_path, {})) == {}


def test_what_is_called_between_the_parts_may_end_it(tmp_path: Path) -> None:
    calls: list[int] = []

    def between() -> None:
        calls.append((tmp_path / "tensors").stat().st_size)
        if len(calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tensors(tmp_path / "tensors", {"large": torch.zeros(6 << 20)}, between)  # 24 MiB
    assert len(calls) == 4  # the header, and three parts
    assert calls[3] > calls[0]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tensors").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        write_tensors(tmp_path / "tensors", {})
    assert (tmp_path / "tensors").read_bytes() == b"precious"


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SafetensorError):
        read_tensors(written(tmp_path, {"a": torch.ones(3)})[:-1])
