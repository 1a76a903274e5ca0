"""Where recorded cases lie, how their nets become ours, and how numbers are compared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.caffe import Imported
from protonet.caffe.data_layers import PARAM
from protonet.layers import LAYERS
from protonet.net import Net

Arrays = Mapping[str, npt.NDArray[Any]]

FOLDER = Path(os.environ.get("PROTONET_GOLDEN") or Path(__file__).parent).resolve()
"""`layers/`, `solvers/` and `nets/` lie here: Caffe's numbers, in the layout of the reference."""

TINY = 1e-6
"""Numbers below it are compared as if the largest among them were this: a sum that should be 0."""

AS_CAFFE_READS = {*PARAM, "Input"}
"""Layer types that an import turns into inputs."""


def cases(room: str, ending: str) -> list[str]:
    """Return the names of all cases of one kind, without their common ending."""
    return sorted(file.name.removesuffix(ending) for file in (FOLDER / room).glob(f"*{ending}"))


def load(room: str, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return every array of a case."""
    with np.load(FOLDER / room / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


def skip_what_is_missing(imported: Imported, *other_types: str) -> None:
    """Skip the test, by name, where the net needs a layer type that protonet has not."""
    used = {layer["type"] for layer in imported.origin.data["net"]["layers"]} | {*other_types}
    if missing := sorted(used - set(LAYERS) - AS_CAFFE_READS):
        pytest.skip(f"no layer type {', '.join(missing)}")


def parameters(net: Net) -> dict[str, torch.Tensor]:
    """Return every parameter as Caffe's files name them, `<layer>/<position>`."""
    return {
        f"{layer}/{place}": tensor
        for layer, tensors in net.params.items()
        for place, tensor in enumerate(tensors.values())
    }


def set_parameters(net: Net, values: Mapping[str, npt.NDArray[Any]]) -> None:
    """Copy values in by Caffe's names; every parameter has its value, of its shape."""
    own = parameters(net)
    assert {name: tuple(tensor.shape) for name, tensor in own.items()} == {
        name: value.shape for name, value in values.items()
    }
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(torch.from_numpy(np.array(values[name])))


def under(prefix: str, arrays: Arrays, ending: str = "") -> dict[str, npt.NDArray[Any]]:
    """Return the arrays whose keys start and end so, by what stands between."""
    return {
        key.removeprefix(prefix).removesuffix(ending): value
        for key, value in arrays.items()
        if key.startswith(prefix) and key.endswith(ending)
    }


class Comparison:
    """Collects what differs, so that one run names it all."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def add(self, what: str, ours: torch.Tensor, caffes: npt.NDArray[Any], within: float) -> None:
        """Compare by the largest difference, relative to the largest of Caffe's numbers."""
        mine = ours.detach().double().numpy()
        if mine.shape != caffes.shape:
            self.wrong.append(f"{what}: shape {mine.shape}, Caffe's is {caffes.shape}")
            return
        finite = np.isfinite(caffes)
        if not np.array_equal(mine[~finite], caffes[~finite], equal_nan=True):
            self.wrong.append(f"{what}: other numbers where Caffe's are not finite")
        self.add_lists(what, mine[finite].tolist(), caffes[finite].tolist(), within)

    def add_lists(
        self, what: str, mine: Sequence[float], caffes: Sequence[float], within: float
    ) -> None:
        """Compare lists of finite numbers in the same way."""
        one, other = np.array(mine, float), np.array(caffes, float)
        if one.shape != other.shape:
            self.wrong.append(f"{what}: {one.size} numbers, Caffe has {other.size}")
        elif one.size:
            scale = max(np.abs(other).max(), TINY)
            error = np.abs(one - other).max() / scale
            if not error <= within:
                self.wrong.append(f"{what}: off by {error:.2g} of {scale:.3g}, above {within:g}")

    def require_none(self) -> None:
        """Fail with all that differs."""
        if self.wrong:
            pytest.fail("\n".join(self.wrong), pytrace=False)


def base_of_split(name: str, blobs: Iterable[str]) -> str:
    """Return the blob that one of Caffe's automatic Split blobs is a copy of.

    Caffe calls them `<blob>_<layer>_<top>_split_<k>`, and blobs may have underscores too.
    """
    return max((blob for blob in blobs if name.startswith(f"{blob}_")), key=len)
