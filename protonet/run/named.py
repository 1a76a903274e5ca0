"""The spec of a net as people name it: a run, a snapshot, a model of the zoo, its folder, or a
file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from protonet.errors import DataError
from protonet.run.loading import load, load_plain
from protonet.schema import Spec
from protonet.snapshot.evaluations import snapshot_of
from protonet.snapshot.format import read_state
from protonet.zoo.address import is_address
from protonet.zoo.find import net_file
from protonet.zoo.folder import model_in
from protonet.zoo.model import NET


@dataclass(frozen=True, slots=True)
class Named:
    """A net by its name.

    Attributes:
        spec: of the net.
        weights: the name, where the net has weights of its own; else None.
    """

    spec: Spec
    weights: str | None


def load_named(name: str, overrides: Iterable[str] = (), *, allow_plugins: bool = False) -> Named:
    """Read and check the spec that a name means.

    Args:
        name: a run's folder, a snapshot's or a model's, a model of the zoo, or a YAML or prototxt
            file.
        overrides: `path=value` texts that change it.
        allow_plugins: load the plugins that a base or another file names, too.

    Raises: UsageError if there is no such file or model; DataError if a folder holds no snapshot;
        SnapshotError if it is damaged; SpecError with all problems of the spec at once.
    """
    if is_address(name):
        return Named(load(net_file(name), overrides, allow_plugins=allow_plugins), name)
    path = Path(name)
    if not path.is_dir():
        return Named(load(name, overrides, allow_plugins=allow_plugins), None)
    if model_in(path):
        return Named(load(path / NET, overrides, allow_plugins=allow_plugins), name)
    snapshot = snapshot_of(path)
    if snapshot is None:
        raise DataError(f"{name}: neither a snapshot nor a run that has one")
    plain, where = read_state(snapshot).spec, f"{snapshot}/state.json"
    return Named(load_plain(plain, where, overrides, allow_plugins=allow_plugins), name)
