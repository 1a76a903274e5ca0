"""Where a source is kept while it is read: what `cache` in a spec means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from protonet.data.aligned import Memory
from protonet.data.device_images import DeviceImages, loaded
from protonet.data.kept import field_bytes, in_memory, stored_bytes
from protonet.data.table import Dataset
from protonet.errors import DataError, Path, PathError, UsageError
from protonet.look.numbers import readable_bytes
from protonet.run.free import free_bytes
from protonet.windows.plain import WindowFunction

RAM, DEVICE = "ram", "device"

_NO_CACHE = "leave cache out: what is read often stays in the system's page cache anyway"


@dataclass(frozen=True, slots=True)
class Tables:
    """The fields of a dataset that were brought to a device; brought once, and kept."""

    _kept: dict[tuple[str, torch.device], torch.Tensor] = field(default_factory=dict)

    def get(self, dataset: Dataset, name: str, device: torch.device) -> torch.Tensor:
        """Return all records of a field on a device, (count, *shape).

        Raises: DataError if they do not fit there, or are damaged.
        """
        if (name, device) not in self._kept:
            _check_room(dataset, name, device)
            self._kept[name, device] = loaded(dataset, name, device)
        return self._kept[name, device]


def kept_in_ram(dataset: Dataset, place: Path) -> Dataset:
    """Return a dataset whose chunks stay in memory once they were read.

    Args:
        dataset: it.
        place: where in the spec its source is.

    Raises: PathError if it is larger than the memory that is free, or cannot be kept.
    """
    needed, free = stored_bytes(dataset), free_bytes(torch.device("cpu"))
    if free is not None and needed > free:
        why = f"{dataset.path} has {readable_bytes(needed)}, and {readable_bytes(free)} are free"
        raise PathError("PN040", (*place, "cache"), why, hint=_NO_CACHE)
    try:
        return in_memory(dataset)
    except UsageError as error:
        raise PathError("PN040", (*place, "cache"), str(error)) from error


def check_on_device(place: Path, *, works_on_host: bool) -> None:
    """Refuse images that would have to leave the device to be transformed.

    Args:
        place: where in the spec the source is.
        works_on_host: whether transforms do more than cut and turn them before they travel.

    Raises: PathError.
    """
    if works_on_host:
        raise PathError(
            "PN040",
            (*place, "cache"),
            "the images stay on the device, and a transform of theirs works on the host",
            hint="crops, mirrors and arithmetic work on a device; cache: ram takes any transform",
        )


def residents(
    tables: Tables,
    dataset: Dataset,
    fields: Mapping[str, str],
    windows: Mapping[str, WindowFunction],
    device: torch.device,
) -> dict[str, DeviceImages]:
    """Return what gives each of these inputs out of a device's memory.

    Args:
        tables: those of the dataset.
        dataset: it.
        fields: input of the net → field of the dataset.
        windows: what is taken of images, for the inputs that do not take them whole.
        device: the device.

    Raises: DataError if they do not fit there, or are damaged.
    """
    return {
        blob: DeviceImages(tables.get(dataset, name, device), windows.get(blob), Memory())
        for blob, name in fields.items()
    }


def _check_room(dataset: Dataset, name: str, device: torch.device) -> None:
    needed = field_bytes(dataset, name)
    free = free_bytes(device)
    if free is not None and needed > free:
        raise DataError(
            f"{dataset.path}: cache: device: field {name} has {readable_bytes(needed)}, and "
            f"{readable_bytes(free)} of {device} are free; {_NO_CACHE}"
        )
