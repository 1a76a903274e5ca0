"""Weights from a file into a net: matched by name, and every mismatch told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.net import Net
from protonet.snapshot.weight_files import read_weights

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """What became of each parameter; names are `layer/parameter`.

    Attributes:
        path: where the weights came from.
        loaded: parameters that were loaded as they are.
        reshaped: parameters that were loaded from another shape of as many values.
        skipped: names of the file that no parameter here has.
        misfit: parameters left as they were because the file's values are of another number,
            each with both shapes.
        left: parameters left as they were because the file does not name them.
    """

    path: str
    loaded: tuple[str, ...]
    reshaped: tuple[str, ...]
    skipped: tuple[str, ...]
    misfit: tuple[str, ...]
    left: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the report as people read it."""
        taken = len(self.loaded) + len(self.reshaped)
        total = taken + len(self.misfit) + len(self.left)
        rows = (
            ("loaded from another shape", self.reshaped),
            ("left as they were, of another size in the file", self.misfit),
            ("left as they were, not in the file", self.left),
            ("in the file, not in the net", self.skipped),
        )
        head = f"weights from {self.path}: {taken} of {total} parameters loaded"
        return [head, *(f"  {what}: {_some(names)}" for what, names in rows if names)]


def load_weights(net: Net, path: str | Path) -> WeightsReport:
    """Copy weights into a net's parameters and statistics; device and memory layout stay.

    Args:
        net: the net; nets of other phases around the same parameters see the change.
        path: a .safetensors or .npz file, a snapshot, or a run (its newest snapshot). Names are
            `layer/parameter`, `layer.parameter`, or `layer/0` counted in Caffe's blob order.

    Raises: DataError if it cannot be read, or nothing in it fits the net.
    """
    given = read_weights(Path(path))
    own = _own_names(net)
    matched = {name: own[name] for name in given if name in own}
    loaded: list[str] = []
    reshaped: list[str] = []
    misfit: list[str] = []
    with torch.no_grad():
        for name, (main, tensor) in matched.items():
            value = given[name]
            if value.numel() != tensor.numel():
                misfit.append(f"{main} {tuple(value.shape)} for {tuple(tensor.shape)}")
                continue
            (loaded if value.shape == tensor.shape else reshaped).append(main)
            tensor.copy_(value.reshape(tensor.shape))
    if not loaded and not reshaped:
        raise DataError(f"{path}: {_nothing_fits(given, misfit, net)}")
    seen = {main for main, _ in matched.values()}
    left = tuple(name for name in net.named_tensors() if name not in seen)
    skipped = tuple(name for name in given if name not in own)
    return WeightsReport(str(path), tuple(loaded), tuple(reshaped), skipped, tuple(misfit), left)


def _own_names(net: Net) -> dict[str, tuple[str, Tensor]]:
    """Return every name that a file may use for a tensor: → its name in reports, the tensor."""
    main = {id(tensor): name for name, tensor in net.named_tensors().items()}
    names: dict[str, tuple[str, Tensor]] = {}
    for layer, tensors in net.params.items():
        for place, (parameter, tensor) in enumerate(tensors.items()):
            entry = (main[id(tensor)], tensor)
            for name in (f"{layer}/{parameter}", f"{layer}.{parameter}", f"{layer}/{place}"):
                names.setdefault(name, entry)
    return names


def _nothing_fits(given: Mapping[str, Tensor], misfit: list[str], net: Net) -> str:
    if not given:
        return "holds no arrays"
    if misfit:
        return f"no array of it fits the net: of another size are {_some(misfit)}"
    return (
        f"none of its {len(given)} arrays fits the net. It has {_some(given)}; "
        f"the net has {_some(net.named_tensors())}"
    )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
