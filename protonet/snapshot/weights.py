"""Weights from a file into a net: matched by name, and every mismatch told."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.net import Net
from protonet.records import suggestion
from protonet.snapshot.weight_files import read_weights
from protonet.spec.updates import is_meant

_SHOWN = 8
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """What became of each parameter; names are `layer/parameter`.

    Attributes:
        path: where the weights came from.
        loaded: parameters that were loaded as they are.
        reshaped: parameters that were loaded from another shape that means the same values.
        skipped: names of the file that no parameter here has.
        misfit: parameters left as they were because the file's are of another shape, each with
            both shapes.
        left: parameters left as they were because the file does not name them.
    """

    path: str
    loaded: tuple[str, ...]
    reshaped: tuple[str, ...]
    skipped: tuple[str, ...]
    misfit: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def taken(self) -> tuple[str, ...]:
        """Parameters that were loaded."""
        return (*self.loaded, *self.reshaped)

    @property
    def total(self) -> int:
        """How many parameters the net has."""
        return len(self.taken) + len(self.misfit) + len(self.left)

    def lines(self) -> list[str]:
        """Return the report as people read it: a few names of each kind."""
        rows = (f"  {what}: {_some(names)}" for what, names in self._unlike() if names)
        return [self._head(), *rows]

    def whole(self) -> list[str]:
        """Return the report with every name, as a log keeps it."""
        rows = (("loaded", self.loaded), *self._unlike())
        listed = [f"{what}: {', '.join(names)}" for what, names in rows if names]
        return [self._head(), *(line for text in listed for line in _wrapped(text))]

    def _head(self) -> str:
        loaded = f"{len(self.taken)} of {self.total} parameters loaded"
        return f"weights from {self.path}: {loaded}"

    def _unlike(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        return (
            ("loaded from another shape", self.reshaped),
            ("left as they were, of another shape in the file", self.misfit),
            ("left as they were, not in the file", self.left),
            ("in the file, not in the net", self.skipped),
        )


def load_weights(net: Net, path: str | Path) -> WeightsReport:
    """Copy weights into a net's parameters and statistics; device and memory layout stay.

    Args:
        net: the net; nets of other phases around the same parameters see the change.
        path: a .safetensors, .npz or .caffemodel file, a snapshot, or a run (its newest). Names are
            `layer/parameter`, `layer.parameter`, or `layer/0` counted in Caffe's blob order. An
            array of another shape is taken where that holds the same values in the same places:
            axes of length 1 more or less, or the axes after the first counted through, as between
            an InnerProduct and the Convolution that does the same.

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
            if not means_the_same(value.shape, tensor.shape):
                misfit.append(f"{main} {tuple(value.shape)} for {tuple(tensor.shape)}")
                continue
            (loaded if value.shape == tensor.shape else reshaped).append(main)
            tensor.copy_(value.reshape(tensor.shape))
    if not loaded and not reshaped:
        raise DataError(f"{path}: {_nothing_fits(given, misfit, net)}")
    seen = {main for main, _ in matched.values()}
    left = tuple(name for name in net.named_tensors() if name not in seen)
    skipped = tuple(name for name in given if name not in own)
    # shared parameters come twice, by the layers that use them
    same, changed, other = (tuple(dict.fromkeys(names)) for names in (loaded, reshaped, misfit))
    return WeightsReport(str(path), same, changed, skipped, other, left)


def check_missing(
    net: Net, reports: Sequence[WeightsReport], allowed: bool | Sequence[str]
) -> None:
    """Refuse to go on with weights that were not loaded, and may not stay as they are.

    Args:
        net: what they were loaded into.
        reports: of every file.
        allowed: true, false, or patterns of the names that may stay, as in `solver.params`.

    Raises: DataError naming them, or a pattern that fits no parameter.
    """
    if allowed is True:
        return
    patterns = () if allowed is False else tuple(allowed)
    names = tuple(net.named_tensors())
    for pattern in patterns:
        if not any(is_meant(name, pattern) for name in names):
            known = {*names, *(name.rpartition("/")[0] for name in names)}
            raise DataError(
                f'solver.allow_missing: no parameter of the net is called "{pattern}"; '
                f"{suggestion(pattern, known)}"
            )
    taken = {name for report in reports for name in report.taken}
    missing = [
        name
        for name in names
        if name not in taken and not any(is_meant(name, pattern) for pattern in patterns)
    ]
    if missing:
        paths = " and ".join(report.path for report in reports)
        raise DataError(
            f"{paths}: {len(missing)} of {len(names)} parameters would stay as they are, and "
            f"solver.allow_missing does not permit it: {_some(missing)}"
        )


def means_the_same(given: Sequence[int], own: Sequence[int]) -> bool:
    """Return whether an array, counted through, holds in this shape what it held in that."""
    plain = [[size for size in shape if size != 1] for shape in (given, own)]
    if plain[0] == plain[1]:
        return True
    count, rows = torch.Size(given).numel(), given[0] if given else 0
    return bool(own) and rows == own[0] and count == torch.Size(own).numel()


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
        return f"no array of it fits the net: of another shape are {_some(misfit)}"
    return (
        f"none of its {len(given)} arrays fits the net. It has {_some(given)}; "
        f"the net has {_some(net.named_tensors())}"
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
