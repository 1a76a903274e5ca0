"""Which inputs hold class indices: Caffe keeps every blob in floats, protonet wants int64 here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from protonet.caffe.text_format import Message
from protonet.caffe.values import one, texts
from protonet.layers.record import LayerType


def index_inputs(
    layers: Iterable[Message], inputs: Collection[str], table: Mapping[str, LayerType]
) -> set[str]:
    """Return the inputs that losses and metrics read as class indices, and nothing else reads.

    A label that goes through another layer first stays a float, which index targets take too.

    Args:
        layers: the layers that are no inputs, in their order.
        inputs: the blobs that are fed.
        table: the layer types.
    """
    fed, indices, others = set(inputs), set[str](), set[str]()
    for layer in layers:
        kind, bottoms = table.get(str(one(layer, "type"))), texts(layer, "bottom")
        if kind is not None:
            for place, blob in enumerate(bottoms):
                if blob in fed and kind.index_targets and kind.is_target(place, len(bottoms)):
                    indices.add(blob)
                elif blob in fed and not kind.is_target(place, len(bottoms)):
                    others.add(blob)
        fed.difference_update(texts(layer, "top"))
    return indices - others
