"""Layer types that forks of Caffe added: the fields of their parameters, and which they read.

Source: the caffe.proto of DeepLab (Interp), Fast R-CNN (SmoothL1Loss, ROIPooling) and the forks for
YOLO (Reorg, Upsample), SSD (Normalize, Permute, PriorBox), SENet (Axpy), MobileNetV2 (ReLU6),
ShuffleNet (ShuffleChannel), FocalLoss and DepthwiseConvolution.
"""

from __future__ import annotations

from collections.abc import Mapping

from protonet.caffe.field_types import COUNT, FLAG, NUMBER, WHOLE, Fields, many, message

FORK_PARAMS: Mapping[str, Fields] = {
    "focal_loss_param": {"alpha": NUMBER, "gamma": NUMBER},
    "interp_param": {
        "height": WHOLE,
        "width": WHOLE,
        "zoom_factor": WHOLE,
        "shrink_factor": WHOLE,
        "pad_beg": WHOLE,
        "pad_end": WHOLE,
    },
    "norm_param": {
        "across_spatial": FLAG,
        "scale_filler": message("FillerParameter"),
        "channel_shared": FLAG,
        "eps": NUMBER,
    },
    "permute_param": {"order": many(COUNT)},
    "prior_box_param": {
        "min_size": many(NUMBER),
        "max_size": many(NUMBER),
        "aspect_ratio": many(NUMBER),
        "flip": FLAG,
        "clip": FLAG,
        "variance": many(NUMBER),
        "img_size": COUNT,
        "img_h": COUNT,
        "img_w": COUNT,
        "step": NUMBER,
        "step_h": NUMBER,
        "step_w": NUMBER,
        "offset": NUMBER,
    },
    "reorg_param": {"stride": COUNT, "reverse": FLAG},
    "roi_pooling_param": {"pooled_h": COUNT, "pooled_w": COUNT, "spatial_scale": NUMBER},
    "shuffle_channel_param": {"group": COUNT},
    "smooth_l1_loss_param": {"sigma": NUMBER},
    "upsample_param": {"scale": WHOLE},
}
"""The fields of every parameter message of a fork's layer, by its name in the layer."""

FORK_TYPES: Mapping[str, tuple[str, ...]] = {
    "Axpy": (),
    "DepthwiseConvolution": ("convolution_param",),
    "FocalLoss": ("focal_loss_param", "softmax_param", "loss_param"),
    "Interp": ("interp_param",),
    "L1Loss": (),
    "Normalize": ("norm_param",),
    "Permute": ("permute_param",),
    "PriorBox": ("prior_box_param",),
    "ROIPooling": ("roi_pooling_param",),
    "ReLU6": (),
    "Reorg": ("reorg_param",),
    "ShuffleChannel": ("shuffle_channel_param",),
    "SmoothL1Loss": ("smooth_l1_loss_param",),
    "Upsample": ("upsample_param",),
}
"""Which parameter messages a layer of each of these types reads."""
