"""The data sets of an imported spec: where they lie, seen from the new file, and their means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from protonet.caffe.context import is_there
from protonet.errors import DataError
from protonet.run.import_files import Target
from protonet.run.paths import home
from protonet.schema import Spec
from protonet.spec.addresses import readdressed
from protonet.spec.data import is_path, placed
from protonet.transforms.mean_image import MeanArray, read_mean

MEANS = "*mean*.npy"
"""What mean images are called beside the spec."""

_IMAGE = 3
_STEPS_UP = 2
"""How many `..` a path may begin with, before the whole one is easier to read."""


@dataclass(slots=True)
class Means:
    """Mean images that come with the spec.

    Attributes:
        arrays: (C, H, W) or (C), by the file they are to be written to.
        missing: what is named and not there: files and data sets.
    """

    arrays: dict[str, MeanArray] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    _names: dict[Path, str] = field(default_factory=dict)

    def take(self, path: Path, target: Target) -> str:
        """Read a mean image, once; return the name of its new file.

        Raises: DataError if it is damaged.
        """
        key = path.resolve()
        if key not in self._names:
            number = f"_{len(self._names) + 1}" if self._names else ""
            self._names[key] = target.named(f"mean{number}.npy")
            mean = read_mean(path)
            squeezed = mean[0] if mean.ndim == _IMAGE + 1 and len(mean) == 1 else mean
            self.arrays[self._names[key]] = np.ascontiguousarray(squeezed, dtype=np.float32)
        return self._names[key]

    def taken(self, folder: Path, written: str, target: Target) -> str:
        """Return what a mean image that a spec names is called in the new place; as it was written
        where it is not there.

        Raises: DataError if it is damaged.
        """
        if (folder / written).is_file():
            return self.take(folder / written, target)
        self.missing.append(f"there is no mean image {written}")
        return written


def settle_data(spec: Spec, data: dict[str, Any], target: Target, mean: Path | None) -> Means:
    """Make the paths of a spec right for where it goes; return the mean images that go with it.

    Args:
        spec: as it was read.
        data: its plain data; changed.
        target: where it goes.
        mean: a mean image in place of those that are named, and where none is.

    Raises: DataError if a mean image is damaged, or fits no set.
    """
    means = Means()
    given = means.take(mean, target) if mean is not None else None
    if given is not None and not data.get("data") and not target.is_whole:
        means.missing.append(f"no data set takes the mean image {given}")
    for name, keys in data.get("data", {}).items():
        for below, entry in placed(keys):
            place = ("data", name, *below)
            folder = home(spec, *place, "source")
            settled = partial(_settled, folder, target=target, means=means)
            entry["source"] = readdressed(entry["source"], settled)
            if "root_folder" in entry:
                folder = home(spec, *place, "root_folder")
                entry["root_folder"] = _settled(folder, entry["root_folder"], target, means)
            folder = home(spec, *place, "transform", "mean_file")
            for step in _subtracting(entry, has_mean=given is not None):
                key = "mean_file" if "type" not in step else "file"
                step[key] = given or means.taken(folder, step[key], target)
    if spec.solver is not None and spec.solver.weights:
        folder = home(spec, "solver", "weights")
        paths = [_settled(folder, path, target, means) for path in spec.solver.weights]
        data["solver"]["weights"] = paths[0] if len(paths) == 1 else paths
    return means


def _subtracting(entry: Mapping[str, Any], *, has_mean: bool) -> Iterator[dict[str, Any]]:
    """Yield the maps of a set's transform that name a mean image, or are to."""
    transform = entry.get("transform")
    if transform is None and has_mean and isinstance(entry, dict):
        transform = entry["transform"] = {}
    if isinstance(transform, dict):
        others = {"mean_value", "mean"} & transform.keys()
        if has_mean and others:
            for key in others:
                del transform[key]
        if has_mean or "mean_file" in transform:
            yield transform
    elif isinstance(transform, list):
        yield from (step for step in transform if "file" in step)


def _settled(folder: Path, written: str, target: Target, means: Means) -> str:
    """Return a path as it is seen from the new file; as it was written where nothing is there."""
    if not is_path(written):
        return written
    path = folder / written
    if not is_there(path):
        means.missing.append(f"there is no {written}; change it before you train")
        return written
    relative = os.path.relpath(path.resolve(), target.folder.absolute().resolve())
    return relative if relative.split(os.sep).count("..") <= _STEPS_UP else str(path.resolve())


def check_mean(means: Means, shapes: Mapping[str, tuple[int | str, ...]]) -> None:
    """Refuse a mean image that no input has the channels of.

    Args:
        means: the images.
        shapes: of the inputs, batch axis included.

    Raises: DataError.
    """
    images = {name: shape for name, shape in shapes.items() if len(shape) == _IMAGE + 1}
    for name, array in means.arrays.items():
        if images and all(shape[1] != len(array) for shape in images.values()):
            wanted = ", ".join(f"{blob} {_shown(shape)}" for blob, shape in images.items())
            raise DataError(
                f"{name}: the mean has the shape {_shown(array.shape)}, and the net reads {wanted}"
            )


def _shown(shape: tuple[int | str, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
