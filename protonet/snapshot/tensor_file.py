"""Tensors in a safetensors file: written part by part, in the memory that they lie in.

```
8 bytes     length of the header, little-endian
header      JSON, {name: {"dtype", "shape", "data_offsets"}}, spaces at the end up to 8 bytes
data        the tensors, one after the other; those of the largest elements first, so that each
            begins at a multiple of its element's size
```
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

Bytes = memoryview | bytes
Between = Callable[[], object]
"""Called between two parts; what it raises ends the writing."""

_PART = 4 << 20
"""Bytes that are written at once."""

_TYPES = MappingProxyType(
    {
        torch.bool: "BOOL",
        torch.uint8: "U8",
        torch.int8: "I8",
        torch.float8_e4m3fn: "F8_E4M3",
        torch.float8_e5m2: "F8_E5M2",
        torch.uint16: "U16",
        torch.int16: "I16",
        torch.float16: "F16",
        torch.bfloat16: "BF16",
        torch.uint32: "U32",
        torch.int32: "I32",
        torch.float32: "F32",
        torch.uint64: "U64",
        torch.int64: "I64",
        torch.float64: "F64",
        torch.complex64: "C64",
    }
)


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], between: Between = lambda: None
) -> str:
    """Write tensors and put them on the disk; return the SHA-256 of the file.

    Args:
        path: a file that is not there yet.
        tensors: by name, on any device, in any memory format.
        between: see `Between`.

    Raises: OSError if the disk refuses.
    """
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for part in _parts(tensors):
            between()
            digest.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def read_tensors(data: bytes) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU.

    Raises: SafetensorError if the file is damaged.
    """
    return safetensors.torch.load(data)


def _parts(tensors: Mapping[str, Tensor]) -> Iterator[Bytes]:
    ordered = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    yield _header({name: tensors[name] for name in ordered})
    for name in ordered:
        data = _data(tensors[name])
        for start in range(0, len(data), _PART):
            yield data[start : start + _PART]


def _header(tensors: Mapping[str, Tensor]) -> bytes:
    entries: dict[str, Any] = {}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * tensor.element_size()
        entries[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _data(tensor: Tensor) -> memoryview:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data
