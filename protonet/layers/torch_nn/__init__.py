"""Every module of torch.nn as a layer type: `nn.Conv2d`, `nn.GELU` …

A type is made from the constructor of its class when it is asked for, so that a spec that has none
of them pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protonet.layers.record import LayerType
from protonet.layers.torch_nn.classes import USABLE
from protonet.layers.torch_nn.record import PREFIX, torch_type
from protonet.layers.torch_nn.unusable import UNUSABLE
from protonet.records import suggestion

__all__ = ["PREFIX", "UNUSABLE", "USABLE", "Types", "refusal"]


class Types(Mapping[str, LayerType]):
    """A table of layer types in which the modules of torch.nn are found too; a walk over it, and
    its length, are the table's own.

    Args:
        table: the types by name.
    """

    def __init__(self, table: Mapping[str, LayerType]) -> None:
        self._table = table

    def __getitem__(self, name: str) -> LayerType:
        """Return the type of this name."""
        if name not in self._table and isinstance(name, str) and name.startswith(PREFIX):
            bare = name.removeprefix(PREFIX)
            if bare in USABLE:
                return torch_type(bare)
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def refusal(name: str) -> tuple[str, str]:
    """Return why there is no layer type of such a name, prefix included, and what is meant."""
    bare = name.removeprefix(PREFIX)
    if bare in UNUSABLE:
        return f"torch.{name} cannot be a layer", UNUSABLE[bare]
    return f"torch has no module {name}", suggestion(name, {PREFIX + one for one in USABLE}, most=5)
