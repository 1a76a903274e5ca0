"""Whether a model's files are what its net needs: read before they are ever used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors
import torch
from safetensors import SafetensorError

from protonet.errors import DataError, SpecError, UsageError
from protonet.look.forms import prove_net
from protonet.look.memory import tensors_of
from protonet.look.summary import Totals, summarise
from protonet.net import shape_errors
from protonet.records import shortened
from protonet.schema import Spec, load_spec, located
from protonet.source import read_source
from protonet.zoo.model import NET, WEIGHTS

_SHOWN = 5


def read_net(path: Path) -> Spec:
    """Return the spec of a model's net, which needs no other file.

    Raises: DataError if it is none, names other files, or writes some when it runs.
    """
    try:
        data = read_source(path).data
        for key, why in _leading_elsewhere(data):
            raise DataError(f"{path}: {key}: {why}")
        spec = load_spec(path, prove=shape_errors)
    except (SpecError, UsageError) as error:
        raise DataError(f"{path}: this is no net that can be used:\n{error}") from error
    for layer in spec.net.layers:
        if hasattr(layer.params, "file_name"):
            why = f"{layer.type} writes files, which no model of the zoo may"
            raise DataError(f"{path}: net.layers.{layer.name}: {why}")
    return spec


def shapes_of(spec: Spec) -> dict[str, torch.Size]:
    """Return the shape of every parameter and statistic of a net, by name.

    Raises: SpecError if the net cannot be.
    """
    with located(spec):
        proved = prove_net(spec.net, "train")
    return {name: tensor.meta.shape for name, tensor in tensors_of(proved).items()}


def totals_of(spec: Spec) -> Totals:
    """Return the numbers of a net in phase test.

    Raises: SpecError if the net cannot be.
    """
    with located(spec):
        return summarise(spec, "test").totals


def check_files(folder: Path) -> None:
    """Refuse a net that cannot be used, or weights that are not all of its own.

    Args:
        folder: where net.yaml and weights.safetensors lie.

    Raises: DataError.
    """
    wanted, path = shapes_of(read_net(folder / NET)), folder / WEIGHTS
    try:
        with safetensors.safe_open(path, framework="pt") as held:  # reads the header alone
            given = {name: torch.Size(held.get_slice(name).get_shape()) for name in held.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: the weights are damaged, or no safetensors file") from error
    if misfit := difference(given, wanted):
        raise DataError(f"{path}: these are other weights than the net's: {misfit}")


def difference(given: Mapping[str, torch.Size], wanted: Mapping[str, torch.Size]) -> str:
    """Return how weights differ from those of a net, in words; nothing where they fit."""
    kinds = (
        ("it has no", [name for name in wanted if name not in given]),
        ("the net has no", [name for name in given if name not in wanted]),
        (
            "of another shape are",
            [name for name in wanted if name in given and given[name] != wanted[name]],
        ),
    )
    return "; ".join(f"{what} {_some(names)}" for what, names in kinds if names)


def _leading_elsewhere(data: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the keys by which a spec needs other files, each with what is wrong with it."""
    net = data.get("net")
    inner = net.get("base") if isinstance(net, dict) else net
    keys = {"base": data.get("base"), "net": inner, "plugins": data.get("plugins")}
    return [
        (key, f"a model of the zoo stands alone, and this names {shortened(value)}")
        for key, value in keys.items()
        if value is not None
    ]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
