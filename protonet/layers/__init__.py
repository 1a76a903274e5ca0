"""The table of all layer types: one import and one name per layer."""

from __future__ import annotations

from protonet.layers.accuracy import ACCURACY
from protonet.layers.batch_norm import BATCH_NORM
from protonet.layers.concat import CONCAT
from protonet.layers.convolution import CONVOLUTION
from protonet.layers.dropout import DROPOUT
from protonet.layers.eltwise import ELTWISE
from protonet.layers.euclidean_loss import EUCLIDEAN_LOSS
from protonet.layers.flatten import FLATTEN
from protonet.layers.inner_product import INNER_PRODUCT
from protonet.layers.input import INPUT
from protonet.layers.lrn import LRN
from protonet.layers.pooling import POOLING
from protonet.layers.record import LayerType
from protonet.layers.relu import RELU
from protonet.layers.scale import SCALE
from protonet.layers.sigmoid import SIGMOID
from protonet.layers.sigmoid_cross_entropy_loss import SIGMOID_CROSS_ENTROPY_LOSS
from protonet.layers.softmax import SOFTMAX
from protonet.layers.softmax_with_loss import SOFTMAX_WITH_LOSS
from protonet.layers.tanh import TANH
from protonet.records import catalogue

__all__ = ["LAYERS", "LayerType"]

LAYERS = catalogue(
    [
        ACCURACY,
        BATCH_NORM,
        CONCAT,
        CONVOLUTION,
        DROPOUT,
        ELTWISE,
        EUCLIDEAN_LOSS,
        FLATTEN,
        INNER_PRODUCT,
        INPUT,
        LRN,
        POOLING,
        RELU,
        SCALE,
        SIGMOID,
        SIGMOID_CROSS_ENTROPY_LOSS,
        SOFTMAX,
        SOFTMAX_WITH_LOSS,
        TANH,
    ]
)
"""Every layer type by name."""
