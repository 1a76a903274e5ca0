"""What cannot stand in the steps of a recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.spec.net import NetSpec
from protonet.spec.nodes import INPUT


def step_errors(net: NetSpec, layers: Mapping[str, LayerType]) -> Iterator[PathError]:
    """Yield the losses, metrics and inputs that stand in a block applied along an axis."""
    seen: set[int] = set()
    for frame in net.plan.frames:
        for index in frame.layers if frame.loop is not None else ():
            layer, place = net.layers[index], ("net", "layers", index)
            kind = layers.get(layer.type)
            if index in seen or kind is None:
                continue
            seen.add(index)
            if layer.type == INPUT:
                why = "an Input in a block that is applied along an axis would be fed in each step"
                hint = "declare it in net.inputs, and give it to the block by over or constant"
                yield PathError("PN033", (*place, "type"), why, hint=hint)
            elif kind.kind != "layer" or layer.loss_weight is not None:
                what = kind.kind if kind.kind != "layer" else "loss"
                key = "type" if kind.kind != "layer" else "loss_weight"
                why = f"a {what} in a block that is applied along an axis would be one per step"
                hint = "name what it reads in the tops of the block, and put it below the Recurrent"
                yield PathError("PN033", (*place, key), why, hint=hint)
