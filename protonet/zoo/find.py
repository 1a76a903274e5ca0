"""`zoo://NAME` where a file could be named: the net of a model, or its weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from protonet.errors import DataError
from protonet.net import Net
from protonet.snapshot import WeightsReport
from protonet.snapshot import load_weights as load_file
from protonet.zoo.address import is_address, name_of
from protonet.zoo.cache import Pulled
from protonet.zoo.convert import shipped_net
from protonet.zoo.folder import model_in
from protonet.zoo.index import PUBLISHED
from protonet.zoo.mirrors import mirrors
from protonet.zoo.model import NET, WEIGHTS, damage_of
from protonet.zoo.pull import Pull, places_of, pull


def find(address: str, how: Pull | None = None) -> Pulled:
    """Return a model; one that is in the cache without asking anybody, others are pulled.

    Raises: UsageError if there is no such model; DataError if it cannot be had, or is damaged;
        StorageError if the cache cannot be written.
    """
    name = name_of(address)
    return _here(name) or pull(name, how)


def net_file(address: str) -> Path:
    """Return the file of a model's net. The weights of one in the built-in index are not needed.

    Raises: UsageError, DataError, StorageError.
    """
    name = name_of(address)
    if _here(name) is None and name in PUBLISHED and not mirrors():
        return shipped_net(PUBLISHED[name])
    return _verified(find(address), NET)


def weights_file(address: str, how: Pull | None = None) -> Path:
    """Return the file of a model's weights, verified.

    Raises: UsageError, DataError, StorageError.
    """
    return _verified(find(address, how), WEIGHTS)


def load_weights(net: Net, path: str | Path, how: Pull | None = None) -> WeightsReport:
    """Copy weights into a net's parameters and statistics; device and memory layout stay.

    Args:
        net: the net; nets of other phases around the same parameters see the change.
        path: a file, a snapshot or a run, see `protonet.snapshot.load_weights`; the folder of a
            model; or a model of the zoo, `zoo://resnet18`, which is pulled where it is not in the
            cache.
        how: it is pulled.

    Raises: DataError if it cannot be had or read, or nothing in it fits the net; UsageError if
        there is no such model; StorageError if the cache cannot be written; SnapshotError if a
        snapshot is damaged.
    """
    file = Path(path)
    if is_address(str(path)):
        file = weights_file(str(path), how)
    elif model_in(file):
        file = file / WEIGHTS
    return replace(load_file(net, file), path=str(path))


def _here(name: str) -> Pulled | None:
    found = (place.pulled() for place in places_of(name))
    return next((pulled for pulled in found if pulled is not None), None)


def _verified(pulled: Pulled, file: str) -> Path:
    if damage := damage_of(pulled.folder, pulled.model, (file,)):
        raise DataError(
            f"{pulled.folder}: the model is damaged in the cache: {damage}; get it again: protonet "
            f"zoo pull {pulled.model.name}"
        )
    return pulled.folder / file
