"""A plugin that cannot be run."""

from protonet.layers.record import LayerType

MINE = LayerType(name="Mine", params="MineParams", built=None)  # type: ignore[call-arg, arg-type]
