"""What a field that is left out of a prototxt is, where that is neither 0, false nor empty.

Source: Caffe, caffe.proto, of the last commit of 2020 (CAFFE.md §1.2 and §1.3 list the same).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "SolverParameter": {
            "test_initialization": "true",
            "average_loss": "1",
            "iter_size": "1",
            "regularization_type": "L2",
            "clip_gradients": "-1",
            "snapshot_format": "BINARYPROTO",
            "solver_mode": "GPU",
            "random_seed": "-1",
            "type": "SGD",
            "delta": "1e-08",
            "momentum2": "0.999",
            "rms_decay": "0.99",
            "snapshot_after_train": "true",
            "layer_wise_reduce": "true",
        },
        "NetState": {"phase": "TEST"},
        "ParamSpec": {"lr_mult": "1", "decay_mult": "1"},
        "FillerParameter": {"type": "constant", "max": "1", "std": "1", "sparse": "-1"},
        "accuracy_param": {"top_k": "1", "axis": "1"},
        "argmax_param": {"top_k": "1"},
        "batch_norm_param": {"moving_average_fraction": "0.999", "eps": "1e-05"},
        "bias_param": {"axis": "1", "num_axes": "1"},
        "concat_param": {"axis": "1", "concat_dim": "1"},
        "contrastive_loss_param": {"margin": "1"},
        "convolution_param": {
            "bias_term": "true",
            "pad_h": "0",
            "pad_w": "0",
            "group": "1",
            "axis": "1",
        },
        "crop_param": {"axis": "2"},
        "data_param": {"prefetch": "4", "scale": "1"},
        "dropout_param": {"dropout_ratio": "0.5"},
        "eltwise_param": {"operation": "SUM", "stable_prod_grad": "true"},
        "elu_param": {"alpha": "1"},
        "embed_param": {"bias_term": "true"},
        "exp_param": {"base": "-1", "scale": "1"},
        "flatten_param": {"axis": "1", "end_axis": "-1"},
        "hinge_loss_param": {"norm": "L1"},
        "image_data_param": {"batch_size": "1", "is_color": "true", "scale": "1"},
        "infogain_loss_param": {"axis": "1"},
        "inner_product_param": {"bias_term": "true", "axis": "1"},
        "log_param": {"base": "-1", "scale": "1"},
        "loss_param": {"normalization": "VALID"},
        "lrn_param": {"local_size": "5", "alpha": "1", "beta": "0.75", "k": "1"},
        "mvn_param": {"normalize_variance": "true", "eps": "1e-09"},
        "pooling_param": {"stride": "1"},
        "power_param": {"power": "1", "scale": "1"},
        "reduction_param": {"operation": "SUM", "coeff": "1"},
        "reshape_param": {"num_axes": "-1"},
        "scale_param": {"axis": "1", "num_axes": "1"},
        "slice_param": {"axis": "1", "slice_dim": "1"},
        "softmax_param": {"axis": "1"},
        "swish_param": {"beta": "1"},
        "tile_param": {"axis": "1"},
        "transform_param": {"scale": "1"},
        "window_data_param": {
            "scale": "1",
            "fg_threshold": "0.5",
            "bg_threshold": "0.5",
            "fg_fraction": "0.25",
            "crop_mode": "warp",
        },
    }
)
"""By message, as protobuf writes it."""
