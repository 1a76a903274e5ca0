"""The order in which records are read: pure functions of a seed and a place in the stream.

An `Ordering` says which record stands at each position of the endless stream of epochs; a `Share`
says which of those positions one of several processes reads.
"""

from protonet.data.order.blocks import BlockOrder
from protonet.data.order.groups import GroupOrder
from protonet.data.order.mixture import MixtureOrder, apportioned
from protonet.data.order.ordering import Ordering
from protonet.data.order.reservoir import ReservoirOrder
from protonet.data.order.share import ALL, Share
from protonet.data.order.skipped import SkippedOrder
from protonet.data.order.weighted import WeightedOrder
from protonet.data.order.whole import Order
from protonet.data.order.windows import WindowOrder

__all__ = [
    "ALL",
    "BlockOrder",
    "GroupOrder",
    "MixtureOrder",
    "Order",
    "Ordering",
    "ReservoirOrder",
    "Share",
    "SkippedOrder",
    "WeightedOrder",
    "WindowOrder",
    "apportioned",
]
