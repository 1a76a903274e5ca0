"""The fields of each layer's own parameters in Caffe, and which layer types read them.

Source: Caffe, caffe.proto, of the last commit of 2020 (CAFFE.md §1.2 lists the same).
"""

from __future__ import annotations

from collections.abc import Mapping

from protonet.caffe.field_types import (
    COUNT,
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
from protonet.caffe.fork_fields import FORK_PARAMS

_ENGINE = choice("DEFAULT", "CAFFE", "CUDNN")
_FILLER = message("FillerParameter")
_SHAPE = message("BlobShape")
_POOL = choice("MAX", "AVE", "STOCHASTIC")

_OLD_TRANSFORM: Fields = {
    "scale": NUMBER,
    "mean_file": TEXT,
    "crop_size": COUNT,
    "mirror": FLAG,
}
"""Fields that moved from the data layers into `transform_param`."""

LAYER_PARAMS: Mapping[str, Fields] = {
    "accuracy_param": {"top_k": COUNT, "axis": WHOLE, "ignore_label": WHOLE},
    "argmax_param": {"out_max_val": FLAG, "top_k": COUNT, "axis": WHOLE},
    "batch_norm_param": {
        "use_global_stats": FLAG,
        "moving_average_fraction": NUMBER,
        "eps": NUMBER,
    },
    "bias_param": {"axis": WHOLE, "num_axes": WHOLE, "filler": _FILLER},
    "clip_param": {"min": NUMBER, "max": NUMBER},
    "concat_param": {"axis": WHOLE, "concat_dim": COUNT},
    "contrastive_loss_param": {"margin": NUMBER, "legacy_version": FLAG},
    "convolution_param": {
        "num_output": COUNT,
        "bias_term": FLAG,
        "pad": many(COUNT),
        "kernel_size": many(COUNT),
        "stride": many(COUNT),
        "dilation": many(COUNT),
        "pad_h": COUNT,
        "pad_w": COUNT,
        "kernel_h": COUNT,
        "kernel_w": COUNT,
        "stride_h": COUNT,
        "stride_w": COUNT,
        "group": COUNT,
        "weight_filler": _FILLER,
        "bias_filler": _FILLER,
        "engine": _ENGINE,
        "axis": WHOLE,
        "force_nd_im2col": FLAG,
    },
    "crop_param": {"axis": WHOLE, "offset": many(COUNT)},
    "data_param": {
        "source": TEXT,
        "batch_size": COUNT,
        "backend": choice("LEVELDB", "LMDB"),
        "prefetch": COUNT,
        "force_encoded_color": FLAG,
        "rand_skip": COUNT,
        **_OLD_TRANSFORM,
    },
    "dropout_param": {"dropout_ratio": NUMBER},
    "dummy_data_param": {
        "data_filler": many(_FILLER),
        "shape": many(_SHAPE),
        "num": many(COUNT),
        "channels": many(COUNT),
        "height": many(COUNT),
        "width": many(COUNT),
    },
    "eltwise_param": {
        "operation": choice("PROD", "SUM", "MAX"),
        "coeff": many(NUMBER),
        "stable_prod_grad": FLAG,
    },
    "elu_param": {"alpha": NUMBER},
    "embed_param": {
        "num_output": COUNT,
        "input_dim": COUNT,
        "bias_term": FLAG,
        "weight_filler": _FILLER,
        "bias_filler": _FILLER,
    },
    "exp_param": {"base": NUMBER, "scale": NUMBER, "shift": NUMBER},
    "flatten_param": {"axis": WHOLE, "end_axis": WHOLE},
    "hdf5_data_param": {"source": TEXT, "batch_size": COUNT, "shuffle": FLAG},
    "hdf5_output_param": {"file_name": TEXT},
    "hinge_loss_param": {"norm": choice("L1", "L2", first=1)},
    "image_data_param": {
        "source": TEXT,
        "batch_size": COUNT,
        "rand_skip": COUNT,
        "shuffle": FLAG,
        "new_height": COUNT,
        "new_width": COUNT,
        "is_color": FLAG,
        "root_folder": TEXT,
        **_OLD_TRANSFORM,
    },
    "infogain_loss_param": {"source": TEXT, "axis": WHOLE},
    "inner_product_param": {
        "num_output": COUNT,
        "bias_term": FLAG,
        "weight_filler": _FILLER,
        "bias_filler": _FILLER,
        "axis": WHOLE,
        "transpose": FLAG,
    },
    "input_param": {"shape": many(_SHAPE)},
    "log_param": {"base": NUMBER, "scale": NUMBER, "shift": NUMBER},
    "loss_param": {
        "ignore_label": WHOLE,
        "normalization": choice("FULL", "VALID", "BATCH_SIZE", "NONE"),
        "normalize": FLAG,
    },
    "lrn_param": {
        "local_size": COUNT,
        "alpha": NUMBER,
        "beta": NUMBER,
        "norm_region": choice("ACROSS_CHANNELS", "WITHIN_CHANNEL"),
        "k": NUMBER,
        "engine": _ENGINE,
    },
    "memory_data_param": {
        "batch_size": COUNT,
        "channels": COUNT,
        "height": COUNT,
        "width": COUNT,
    },
    "mvn_param": {"normalize_variance": FLAG, "across_channels": FLAG, "eps": NUMBER},
    "parameter_param": {"shape": _SHAPE},
    "pooling_param": {
        "pool": _POOL,
        "pad": COUNT,
        "pad_h": COUNT,
        "pad_w": COUNT,
        "kernel_size": COUNT,
        "kernel_h": COUNT,
        "kernel_w": COUNT,
        "stride": COUNT,
        "stride_h": COUNT,
        "stride_w": COUNT,
        "engine": _ENGINE,
        "global_pooling": FLAG,
        "round_mode": choice("CEIL", "FLOOR"),
    },
    "power_param": {"power": NUMBER, "scale": NUMBER, "shift": NUMBER},
    "prelu_param": {"filler": _FILLER, "channel_shared": FLAG},
    "python_param": {
        "module": TEXT,
        "layer": TEXT,
        "param_str": TEXT,
        "share_in_parallel": FLAG,
    },
    "recurrent_param": {
        "num_output": COUNT,
        "weight_filler": _FILLER,
        "bias_filler": _FILLER,
        "debug_info": FLAG,
        "expose_hidden": FLAG,
    },
    "reduction_param": {
        "operation": choice("SUM", "ASUM", "SUMSQ", "MEAN", first=1),
        "axis": WHOLE,
        "coeff": NUMBER,
    },
    "relu_param": {"negative_slope": NUMBER, "engine": _ENGINE},
    "reshape_param": {"shape": _SHAPE, "axis": WHOLE, "num_axes": WHOLE},
    "scale_param": {
        "axis": WHOLE,
        "num_axes": WHOLE,
        "filler": _FILLER,
        "bias_term": FLAG,
        "bias_filler": _FILLER,
    },
    "sigmoid_param": {"engine": _ENGINE},
    "slice_param": {"axis": WHOLE, "slice_point": many(COUNT), "slice_dim": COUNT},
    "softmax_param": {"engine": _ENGINE, "axis": WHOLE},
    "spp_param": {"pyramid_height": COUNT, "pool": _POOL, "engine": _ENGINE},
    "swish_param": {"beta": NUMBER},
    "tanh_param": {"engine": _ENGINE},
    "threshold_param": {"threshold": NUMBER},
    "tile_param": {"axis": WHOLE, "tiles": WHOLE},
    "transform_param": {
        "scale": NUMBER,
        "mirror": FLAG,
        "crop_size": COUNT,
        "mean_file": TEXT,
        "mean_value": many(NUMBER),
        "force_color": FLAG,
        "force_gray": FLAG,
    },
    "window_data_param": {
        "source": TEXT,
        "batch_size": COUNT,
        "fg_threshold": NUMBER,
        "bg_threshold": NUMBER,
        "fg_fraction": NUMBER,
        "context_pad": COUNT,
        "crop_mode": TEXT,
        "cache_images": FLAG,
        "root_folder": TEXT,
        **_OLD_TRANSFORM,
    },
    **FORK_PARAMS,
}
"""The fields of every parameter message of a layer, by its name in the layer."""

FILLER: Fields = {
    "type": TEXT,
    "value": NUMBER,
    "min": NUMBER,
    "max": NUMBER,
    "mean": NUMBER,
    "std": NUMBER,
    "sparse": WHOLE,
    "variance_norm": choice("FAN_IN", "FAN_OUT", "AVERAGE"),
}
BLOB_SHAPE: Fields = {"dim": many(LONG)}
