"""Every message of Caffe's prototxt files with its fields, as data.

Weights inside a prototxt (`blobs`) are not described here.
Source: Caffe, caffe.proto, of the last commit of 2020 (CAFFE.md §1.2 and §1.3 list the same).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protonet.caffe.field_types import (
    FLAG,
    LONG,
    NUMBER,
    TEXT,
    WHOLE,
    Fields,
    choice,
    many,
    message,
)
from protonet.caffe.fork_fields import FORK_MESSAGES, FORK_TYPES
from protonet.caffe.layer_fields import BLOB_SHAPE, FILLER, LAYER_PARAMS
from protonet.caffe.old_fields import V0_LAYER, V1_LAYER

_PHASE = choice("TRAIN", "TEST")
_NET = message("NetParameter")
_STATE = message("NetState")

_NET_FIELDS: Fields = {
    "name": TEXT,
    "input": many(TEXT),
    "input_shape": many(message("BlobShape")),
    "input_dim": many(WHOLE),
    "force_backward": FLAG,
    "state": _STATE,
    "debug_info": FLAG,
    "layer": many(message("LayerParameter")),
    "layers": many(message("V1LayerParameter")),
}
_LAYER_FIELDS: Fields = {
    "name": TEXT,
    "type": TEXT,
    "bottom": many(TEXT),
    "top": many(TEXT),
    "phase": _PHASE,
    "loss_weight": many(NUMBER),
    "param": many(message("ParamSpec")),
    "propagate_down": many(FLAG),
    "include": many(message("NetStateRule")),
    "exclude": many(message("NetStateRule")),
    **{name: message(name) for name in LAYER_PARAMS},
}
_SOLVER_FIELDS: Fields = {
    "net": TEXT,
    "net_param": _NET,
    "train_net": TEXT,
    "test_net": many(TEXT),
    "train_net_param": _NET,
    "test_net_param": many(_NET),
    "train_state": _STATE,
    "test_state": many(_STATE),
    "test_iter": many(WHOLE),
    "test_interval": WHOLE,
    "test_compute_loss": FLAG,
    "test_initialization": FLAG,
    "base_lr": NUMBER,
    "display": WHOLE,
    "average_loss": WHOLE,
    "max_iter": WHOLE,
    "iter_size": WHOLE,
    "lr_policy": TEXT,
    "gamma": NUMBER,
    "power": NUMBER,
    "momentum": NUMBER,
    "weight_decay": NUMBER,
    "regularization_type": TEXT,
    "stepsize": WHOLE,
    "stepvalue": many(WHOLE),
    "clip_gradients": NUMBER,
    "snapshot": WHOLE,
    "snapshot_prefix": TEXT,
    "snapshot_diff": FLAG,
    "snapshot_format": choice("HDF5", "BINARYPROTO"),
    "solver_mode": choice("CPU", "GPU"),
    "device_id": WHOLE,
    "random_seed": LONG,
    "type": TEXT,
    "delta": NUMBER,
    "momentum2": NUMBER,
    "rms_decay": NUMBER,
    "debug_info": FLAG,
    "snapshot_after_train": FLAG,
    "solver_type": choice("SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM"),
    "layer_wise_reduce": FLAG,
    "weights": many(TEXT),
}

MESSAGES: Mapping[str, Fields] = MappingProxyType(
    {
        "NetParameter": _NET_FIELDS,
        "SolverParameter": _SOLVER_FIELDS,
        "LayerParameter": _LAYER_FIELDS,
        "V0LayerParameter": V0_LAYER,
        "V1LayerParameter": V1_LAYER,
        "NetState": {"phase": _PHASE, "level": WHOLE, "stage": many(TEXT)},
        "NetStateRule": {
            "phase": _PHASE,
            "min_level": WHOLE,
            "max_level": WHOLE,
            "stage": many(TEXT),
            "not_stage": many(TEXT),
        },
        "ParamSpec": {
            "name": TEXT,
            "share_mode": choice("STRICT", "PERMISSIVE"),
            "lr_mult": NUMBER,
            "decay_mult": NUMBER,
        },
        "BlobShape": BLOB_SHAPE,
        "FillerParameter": FILLER,
        **FORK_MESSAGES,
        **LAYER_PARAMS,
    }
)
"""Every message by name; those inside a layer go by their field's name (`convolution_param`)."""

RETIRED: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    dict.fromkeys(
        ((f"{version}LayerParameter", "blobs") for version in ("", "V1", "V0")),
        (
            "this version reads no weights that stand inside a prototxt",
            "keep them in a file of their own",
        ),
    )
)
"""Fields that Caffe has and this version does not read: what is said of them, and what helps."""

_ONE_PARAM = {
    "ArgMax": "argmax_param",
    "BatchNorm": "batch_norm_param",
    "Deconvolution": "convolution_param",
    "ELU": "elu_param",
    "HDF5Output": "hdf5_output_param",
    "Im2col": "convolution_param",
    "InnerProduct": "inner_product_param",
    "LRN": "lrn_param",
    "LSTM": "recurrent_param",
    "MVN": "mvn_param",
    "PReLU": "prelu_param",
    "RNN": "recurrent_param",
    "ReLU": "relu_param",
    "SPP": "spp_param",
    "TanH": "tanh_param",
    **{
        name: f"{name.lower()}_param"
        for name in (
            *("Accuracy", "Bias", "Clip", "Concat", "Convolution", "Crop", "Dropout", "Eltwise"),
            *("Embed", "Exp", "Flatten", "Input", "Log", "Parameter", "Pooling", "Power", "Python"),
            *("Reduction", "Reshape", "Scale", "Sigmoid", "Slice", "Softmax", "Swish"),
            *("Threshold", "Tile"),
        )
    },
}
_NO_PARAM = ("AbsVal", "BNLL", "BatchReindex", "Filter", "LSTMUnit", "Silence", "Split")

PARAMS_OF_TYPE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{name: (param,) for name, param in _ONE_PARAM.items()},
        **dict.fromkeys(_NO_PARAM, ()),
        "Data": ("data_param", "transform_param"),
        "DummyData": ("dummy_data_param",),
        "HDF5Data": ("hdf5_data_param",),
        "ImageData": ("image_data_param", "transform_param"),
        "MemoryData": ("memory_data_param", "transform_param"),
        "WindowData": ("window_data_param", "transform_param"),
        "ContrastiveLoss": ("contrastive_loss_param",),
        "EuclideanLoss": (),
        "HingeLoss": ("hinge_loss_param",),
        "InfogainLoss": ("infogain_loss_param", "loss_param"),
        "MultinomialLogisticLoss": (),
        "SigmoidCrossEntropyLoss": ("loss_param",),
        "SoftmaxWithLoss": ("softmax_param", "loss_param"),
        **FORK_TYPES,
    }
)
"""Which of its parameter messages a layer of each type reads; Caffe ignores all others."""

UNREAD: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Im2col": frozenset({"num_output", "bias_term", "group", "weight_filler", "bias_filler"}),
        "MemoryData": frozenset(LAYER_PARAMS["transform_param"]),  # it changes no given arrays
    }
)
"""Fields of these messages that a type does not read."""

RENAMED: Mapping[tuple[str, str], str] = MappingProxyType({("focal_loss_param", "type"): "form"})
"""Fields whose name is a key of every layer in protonet, and the type's own key instead."""
