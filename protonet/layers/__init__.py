"""The table of all layer types: one import and one name per layer."""

from __future__ import annotations

from protonet.layers.abs_val import ABS_VAL
from protonet.layers.accuracy import ACCURACY
from protonet.layers.arg_max import ARG_MAX
from protonet.layers.auroc import AUROC_METRIC
from protonet.layers.axpy import AXPY
from protonet.layers.batch_norm import BATCH_NORM
from protonet.layers.batch_reindex import BATCH_REINDEX
from protonet.layers.bias import BIAS
from protonet.layers.bnll import BNLL
from protonet.layers.clip import CLIP
from protonet.layers.concat import CONCAT
from protonet.layers.confusion_matrix import CONFUSION_MATRIX
from protonet.layers.contrastive_loss import CONTRASTIVE_LOSS
from protonet.layers.convolution import CONVOLUTION
from protonet.layers.crop import CROP
from protonet.layers.deconvolution import DECONVOLUTION
from protonet.layers.depthwise_convolution import DEPTHWISE_CONVOLUTION
from protonet.layers.detection_output import DETECTION_OUTPUT
from protonet.layers.dropout import DROPOUT
from protonet.layers.dummy_data import DUMMY_DATA
from protonet.layers.eltwise import ELTWISE
from protonet.layers.elu import ELU
from protonet.layers.embed import EMBED
from protonet.layers.euclidean_loss import EUCLIDEAN_LOSS
from protonet.layers.exp import EXP
from protonet.layers.f1_score import F1_SCORE
from protonet.layers.filter import FILTER
from protonet.layers.flatten import FLATTEN
from protonet.layers.focal_loss import FOCAL_LOSS
from protonet.layers.hdf5_output import HDF5_OUTPUT
from protonet.layers.hinge_loss import HINGE_LOSS
from protonet.layers.im2col import IM2COL
from protonet.layers.infogain_loss import INFOGAIN_LOSS
from protonet.layers.inner_product import INNER_PRODUCT
from protonet.layers.input import INPUT
from protonet.layers.interp import INTERP
from protonet.layers.l1_loss import L1_LOSS
from protonet.layers.log import LOG
from protonet.layers.lrn import LRN
from protonet.layers.lstm import LSTM_LAYER
from protonet.layers.lstm_unit import LSTM_UNIT
from protonet.layers.mean_absolute_error import MEAN_ABSOLUTE_ERROR
from protonet.layers.mean_iou import MEAN_IOU
from protonet.layers.mean_squared_error import MEAN_SQUARED_ERROR
from protonet.layers.memory_data import MEMORY_DATA
from protonet.layers.multinomial_logistic_loss import MULTINOMIAL_LOGISTIC_LOSS
from protonet.layers.mvn import MVN
from protonet.layers.noise import NOISE
from protonet.layers.normalize import NORMALIZE
from protonet.layers.parameter import PARAMETER
from protonet.layers.permute import PERMUTE
from protonet.layers.pooling import POOLING
from protonet.layers.power import POWER
from protonet.layers.precision import PRECISION
from protonet.layers.prelu import PRELU
from protonet.layers.print_values import PRINT
from protonet.layers.prior_box import PRIOR_BOX
from protonet.layers.recall import RECALL
from protonet.layers.record import LayerType
from protonet.layers.recurrence import RECURRENT
from protonet.layers.reduction import REDUCTION
from protonet.layers.relu import RELU
from protonet.layers.relu6 import RELU6
from protonet.layers.reorg import REORG
from protonet.layers.reshape import RESHAPE
from protonet.layers.rnn import RNN_LAYER
from protonet.layers.roi_pooling import ROI_POOLING
from protonet.layers.scale import SCALE
from protonet.layers.shuffle_channel import SHUFFLE_CHANNEL
from protonet.layers.sigmoid import SIGMOID
from protonet.layers.sigmoid_cross_entropy_loss import SIGMOID_CROSS_ENTROPY_LOSS
from protonet.layers.silence import SILENCE
from protonet.layers.slice import SLICE
from protonet.layers.smooth_l1_loss import SMOOTH_L1_LOSS
from protonet.layers.softmax import SOFTMAX
from protonet.layers.softmax_with_loss import SOFTMAX_WITH_LOSS
from protonet.layers.split import SPLIT
from protonet.layers.spp import SPP
from protonet.layers.swish import SWISH
from protonet.layers.tanh import TANH
from protonet.layers.threshold import THRESHOLD
from protonet.layers.tile import TILE
from protonet.layers.torch_nn import Types
from protonet.layers.upsample import UPSAMPLE
from protonet.records import catalogue

__all__ = ["LAYERS", "LayerType"]

LAYERS = Types(
    catalogue(
        [
            ABS_VAL,
            ACCURACY,
            ARG_MAX,
            AUROC_METRIC,
            AXPY,
            BATCH_NORM,
            BATCH_REINDEX,
            BIAS,
            BNLL,
            CLIP,
            CONCAT,
            CONFUSION_MATRIX,
            CONTRASTIVE_LOSS,
            CONVOLUTION,
            CROP,
            DECONVOLUTION,
            DEPTHWISE_CONVOLUTION,
            DETECTION_OUTPUT,
            DROPOUT,
            DUMMY_DATA,
            ELTWISE,
            ELU,
            EMBED,
            EUCLIDEAN_LOSS,
            EXP,
            F1_SCORE,
            FILTER,
            FLATTEN,
            FOCAL_LOSS,
            HDF5_OUTPUT,
            HINGE_LOSS,
            IM2COL,
            INFOGAIN_LOSS,
            INNER_PRODUCT,
            INPUT,
            INTERP,
            L1_LOSS,
            LOG,
            LRN,
            LSTM_LAYER,
            LSTM_UNIT,
            MEAN_ABSOLUTE_ERROR,
            MEAN_IOU,
            MEAN_SQUARED_ERROR,
            MEMORY_DATA,
            MULTINOMIAL_LOGISTIC_LOSS,
            MVN,
            NOISE,
            NORMALIZE,
            PARAMETER,
            PERMUTE,
            POOLING,
            POWER,
            PRECISION,
            PRELU,
            PRINT,
            PRIOR_BOX,
            RECALL,
            RECURRENT,
            REDUCTION,
            RELU,
            RELU6,
            REORG,
            RESHAPE,
            RNN_LAYER,
            ROI_POOLING,
            SCALE,
            SHUFFLE_CHANNEL,
            SIGMOID,
            SIGMOID_CROSS_ENTROPY_LOSS,
            SILENCE,
            SLICE,
            SMOOTH_L1_LOSS,
            SOFTMAX,
            SOFTMAX_WITH_LOSS,
            SPLIT,
            SPP,
            SWISH,
            TANH,
            THRESHOLD,
            TILE,
            UPSAMPLE,
        ]
    )
)
"""Every layer type by name, and as `nn.X` every module of torch.nn."""
