"""The fields of a layer in the dialects before 2014: `layers { … }`, and `layers { layer { … } }`.

Source: Caffe, caffe.proto and upgrade_proto.cpp, of the last commit of 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protonet.caffe.field_types import (
    COUNT,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    Fields,
    FieldType,
    choice,
    many,
    message,
)

V1_TYPES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "NONE": (0, ""),
        "ACCURACY": (1, "Accuracy"),
        "BNLL": (2, "BNLL"),
        "CONCAT": (3, "Concat"),
        "CONVOLUTION": (4, "Convolution"),
        "DATA": (5, "Data"),
        "DROPOUT": (6, "Dropout"),
        "EUCLIDEAN_LOSS": (7, "EuclideanLoss"),
        "FLATTEN": (8, "Flatten"),
        "HDF5_DATA": (9, "HDF5Data"),
        "HDF5_OUTPUT": (10, "HDF5Output"),
        "IM2COL": (11, "Im2col"),
        "IMAGE_DATA": (12, "ImageData"),
        "INFOGAIN_LOSS": (13, "InfogainLoss"),
        "INNER_PRODUCT": (14, "InnerProduct"),
        "LRN": (15, "LRN"),
        "MULTINOMIAL_LOGISTIC_LOSS": (16, "MultinomialLogisticLoss"),
        "POOLING": (17, "Pooling"),
        "RELU": (18, "ReLU"),
        "SIGMOID": (19, "Sigmoid"),
        "SOFTMAX": (20, "Softmax"),
        "SOFTMAX_LOSS": (21, "SoftmaxWithLoss"),
        "SPLIT": (22, "Split"),
        "TANH": (23, "TanH"),
        "WINDOW_DATA": (24, "WindowData"),
        "ELTWISE": (25, "Eltwise"),
        "POWER": (26, "Power"),
        "SIGMOID_CROSS_ENTROPY_LOSS": (27, "SigmoidCrossEntropyLoss"),
        "HINGE_LOSS": (28, "HingeLoss"),
        "MEMORY_DATA": (29, "MemoryData"),
        "ARGMAX": (30, "ArgMax"),
        "THRESHOLD": (31, "Threshold"),
        "DUMMY_DATA": (32, "DummyData"),
        "SLICE": (33, "Slice"),
        "MVN": (34, "MVN"),
        "ABSVAL": (35, "AbsVal"),
        "SILENCE": (36, "Silence"),
        "CONTRASTIVE_LOSS": (37, "ContrastiveLoss"),
        "EXP": (38, "Exp"),
        "DECONVOLUTION": (39, "Deconvolution"),
    }
)
"""Of each type in the dialect of 2014, the number that stands for it and its name since."""

V0_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "Accuracy",
        "bnll": "BNLL",
        "concat": "Concat",
        "conv": "Convolution",
        "data": "Data",
        "dropout": "Dropout",
        "euclidean_loss": "EuclideanLoss",
        "flatten": "Flatten",
        "hdf5_data": "HDF5Data",
        "hdf5_output": "HDF5Output",
        "im2col": "Im2col",
        "images": "ImageData",
        "infogain_loss": "InfogainLoss",
        "innerproduct": "InnerProduct",
        "lrn": "LRN",
        "multinomial_logistic_loss": "MultinomialLogisticLoss",
        "pool": "Pooling",
        "relu": "ReLU",
        "sigmoid": "Sigmoid",
        "softmax": "Softmax",
        "softmax_loss": "SoftmaxWithLoss",
        "split": "Split",
        "tanh": "TanH",
        "window_data": "WindowData",
    }
)
"""Name since, of each type in the dialect of 2013."""

PADDING = "padding"
"""A type of 2013 that no longer is one: it only pads what the next layer reads."""

_MESSAGES = (
    *("accuracy", "argmax", "concat", "contrastive_loss", "convolution", "data", "dropout"),
    *("dummy_data", "eltwise", "exp", "hdf5_data", "hdf5_output", "hinge_loss", "image_data"),
    *("infogain_loss", "inner_product", "loss", "lrn", "memory_data", "mvn", "pooling", "power"),
    *("relu", "sigmoid", "slice", "softmax", "tanh", "threshold", "transform", "window_data"),
)

LEARNING: Mapping[str, str] = MappingProxyType(
    {
        "param": "name",
        "blob_share_mode": "share_mode",
        "blobs_lr": "lr_mult",
        "weight_decay": "decay_mult",
    }
)
"""Lists of a layer, one entry for each parameter, and where that stands in `param { … }` since."""

V1_LAYER: Fields = {
    "name": TEXT,
    "type": FieldType("choice", choices={name: number for name, (number, _) in V1_TYPES.items()}),
    "bottom": many(TEXT),
    "top": many(TEXT),
    "include": many(message("NetStateRule")),
    "exclude": many(message("NetStateRule")),
    "param": many(TEXT),
    "blob_share_mode": many(choice("STRICT", "PERMISSIVE")),
    "blobs_lr": many(NUMBER),
    "weight_decay": many(NUMBER),
    "loss_weight": many(NUMBER),
    **{f"{name}_param": message(f"{name}_param") for name in _MESSAGES},
    "layer": message("V0LayerParameter"),
}

V0_LAYER: Fields = {
    "name": TEXT,
    "type": TEXT,
    "num_output": COUNT,
    "biasterm": FLAG,
    "weight_filler": message("FillerParameter"),
    "bias_filler": message("FillerParameter"),
    "pad": COUNT,
    "kernelsize": COUNT,
    "group": COUNT,
    "stride": COUNT,
    "pool": choice("MAX", "AVE", "STOCHASTIC"),
    "dropout_ratio": NUMBER,
    "local_size": COUNT,
    "alpha": NUMBER,
    "beta": NUMBER,
    "k": NUMBER,
    "source": TEXT,
    "scale": NUMBER,
    "meanfile": TEXT,
    "batchsize": COUNT,
    "cropsize": COUNT,
    "mirror": FLAG,
    "blobs_lr": many(NUMBER),
    "weight_decay": many(NUMBER),
    "rand_skip": COUNT,
    "det_fg_threshold": NUMBER,
    "det_bg_threshold": NUMBER,
    "det_fg_fraction": NUMBER,
    "det_context_pad": COUNT,
    "det_crop_mode": TEXT,
    "new_num": WHOLE,
    "new_channels": WHOLE,
    "new_height": WHOLE,
    "new_width": WHOLE,
    "shuffle_images": FLAG,
    "concat_dim": COUNT,
    "hdf5_output_param": message("hdf5_output_param"),
}

_LEARNS: Mapping[str, str] = {
    "Convolution": "convolution_param",
    "InnerProduct": "inner_product_param",
}
_SLIDES: Mapping[str, str] = {"Convolution": "convolution_param", "Pooling": "pooling_param"}
_READS: Mapping[str, str] = {
    "Data": "data_param",
    "HDF5Data": "hdf5_data_param",
    "ImageData": "image_data_param",
    "WindowData": "window_data_param",
}
_IMAGES = {"ImageData": "image_data_param"}
_WINDOWS = {"WindowData": "window_data_param"}
_PIXELS = dict.fromkeys(("Data", "ImageData", "WindowData"), "transform_param")

V0_MOVES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "num_output": ("num_output", _LEARNS),
        "biasterm": ("bias_term", _LEARNS),
        "weight_filler": ("weight_filler", _LEARNS),
        "bias_filler": ("bias_filler", _LEARNS),
        "pad": ("pad", _SLIDES),
        "kernelsize": ("kernel_size", _SLIDES),
        "stride": ("stride", _SLIDES),
        "group": ("group", {"Convolution": "convolution_param"}),
        "pool": ("pool", {"Pooling": "pooling_param"}),
        "dropout_ratio": ("dropout_ratio", {"Dropout": "dropout_param"}),
        **{name: (name, {"LRN": "lrn_param"}) for name in ("local_size", "alpha", "beta", "k")},
        "source": ("source", {**_READS, "InfogainLoss": "infogain_loss_param"}),
        "batchsize": ("batch_size", _READS),
        "scale": ("scale", _PIXELS),
        "meanfile": ("mean_file", _PIXELS),
        "cropsize": ("crop_size", _PIXELS),
        "mirror": ("mirror", _PIXELS),
        "rand_skip": ("rand_skip", {"Data": "data_param", **_IMAGES}),
        "det_fg_threshold": ("fg_threshold", _WINDOWS),
        "det_bg_threshold": ("bg_threshold", _WINDOWS),
        "det_fg_fraction": ("fg_fraction", _WINDOWS),
        "det_context_pad": ("context_pad", _WINDOWS),
        "det_crop_mode": ("crop_mode", _WINDOWS),
        "new_height": ("new_height", _IMAGES),
        "new_width": ("new_width", _IMAGES),
        "shuffle_images": ("shuffle", _IMAGES),
        "concat_dim": ("concat_dim", {"Concat": "concat_param"}),
    }
)
"""Of each key of 2013, its name since and, by type, the message that it stands in since."""
