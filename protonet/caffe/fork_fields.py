"""Layer types that forks of Caffe added: the fields of their parameters, and which they read.

Source: the caffe.proto of DeepLab (Interp), Fast R-CNN (SmoothL1Loss, ROIPooling) and the forks for
YOLO (Reorg, Upsample), SegNet (Upsample), SSD (DetectionOutput, Normalize, Permute, PriorBox),
SENet (Axpy), MobileNetV2 (ReLU6), ShuffleNet (ShuffleChannel), FocalLoss and DepthwiseConvolution.
"""

from __future__ import annotations

from collections.abc import Mapping

from protonet.caffe.field_types import (
    COUNT,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    Fields,
    choice,
    many,
    message,
)

FORK_MESSAGES: Mapping[str, Fields] = {
    "NonMaximumSuppressionParameter": {"nms_threshold": NUMBER, "top_k": WHOLE, "eta": NUMBER},
    "ResizeParameter": {
        "prob": NUMBER,
        "resize_mode": choice("WARP", "FIT_SMALL_SIZE", "FIT_LARGE_SIZE_AND_PAD", first=1),
        "height": COUNT,
        "width": COUNT,
        "height_scale": COUNT,
        "width_scale": COUNT,
        "pad_mode": choice("CONSTANT", "MIRRORED", "REPEAT_NEAREST", first=1),
        "pad_value": many(NUMBER),
        "interp_mode": many(choice("LINEAR", "AREA", "NEAREST", "CUBIC", "LANCZOS4", first=1)),
    },
    "SaveOutputParameter": {
        "output_directory": TEXT,
        "output_name_prefix": TEXT,
        "output_format": TEXT,
        "label_map_file": TEXT,
        "name_size_file": TEXT,
        "num_test_image": COUNT,
        "resize_param": message("ResizeParameter"),
    },
}
"""The fields of the messages that stand in those of a fork's layers."""

FORK_PARAMS: Mapping[str, Fields] = {
    "detection_output_param": {
        "num_classes": COUNT,
        "share_location": FLAG,
        "background_label_id": WHOLE,
        "nms_param": message("NonMaximumSuppressionParameter"),
        "save_output_param": message("SaveOutputParameter"),
        "code_type": choice("CORNER", "CENTER_SIZE", "CORNER_SIZE", first=1),
        "variance_encoded_in_target": FLAG,
        "keep_top_k": WHOLE,
        "confidence_threshold": NUMBER,
        "visualize": FLAG,
        "visualize_threshold": NUMBER,
        "save_file": TEXT,
    },
    "focal_loss_param": {
        "type": choice("ORIGIN", "LINEAR"),
        "alpha": NUMBER,
        "beta": NUMBER,
        "gamma": NUMBER,
    },
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
    "upsample_param": {
        "scale": WHOLE,
        "scale_h": COUNT,
        "scale_w": COUNT,
        "pad_out_h": FLAG,
        "pad_out_w": FLAG,
        "upsample_h": COUNT,
        "upsample_w": COUNT,
    },
}
"""The fields of every parameter message of a fork's layer, by its name in the layer."""

FORK_TYPES: Mapping[str, tuple[str, ...]] = {
    "Axpy": (),
    "DetectionOutput": ("detection_output_param",),
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

FORKS: Mapping[str, str] = {
    "Axpy": "SENet",
    "DepthwiseConvolution": "DepthwiseConvolution",
    "DetectionOutput": "SSD",
    "FocalLoss": "FocalLoss",
    "Interp": "DeepLab",
    "L1Loss": "a fork",
    "Normalize": "SSD",
    "Permute": "SSD",
    "PriorBox": "SSD",
    "ROIPooling": "Fast R-CNN",
    "ReLU6": "MobileNetV2",
    "Reorg": "YOLO",
    "ShuffleChannel": "ShuffleNet",
    "SmoothL1Loss": "Fast R-CNN",
    "Upsample": "SegNet or YOLO",
}
"""The fork of Caffe that each of these types is from."""
