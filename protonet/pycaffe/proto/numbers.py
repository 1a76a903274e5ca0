"""The numbers by which Caffe's binary files know the fields of its messages.

In the order of `protonet.caffe.fields`, which says what each holds.
Source: Caffe, caffe.proto, of the last commit of 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _numbered(text: str) -> dict[str, int]:
    """Return what `name=1 other=2` says."""
    return {name: int(number) for name, number in (pair.split("=") for pair in text.split())}


NUMBERS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "NetParameter": _numbered(
            "name=1 input=3 input_shape=8 input_dim=4 force_backward=5 state=6 debug_info=7"
            " layer=100 layers=2"
        ),
        "SolverParameter": _numbered(
            "net=24 net_param=25 train_net=1 test_net=2 train_net_param=21 test_net_param=22"
            " train_state=26 test_state=27 test_iter=3 test_interval=4 test_compute_loss=19"
            " test_initialization=32 base_lr=5 display=6 average_loss=33 max_iter=7 iter_size=36"
            " lr_policy=8 gamma=9 power=10 momentum=11 weight_decay=12 regularization_type=29"
            " stepsize=13 stepvalue=34 clip_gradients=35 snapshot=14 snapshot_prefix=15"
            " snapshot_diff=16 snapshot_format=37 solver_mode=17 device_id=18 random_seed=20"
            " type=40 delta=31 momentum2=39 rms_decay=38 debug_info=23 snapshot_after_train=28"
            " solver_type=30 layer_wise_reduce=41 weights=42"
        ),
        "LayerParameter": _numbered(
            "name=1 type=2 bottom=3 top=4 phase=10 loss_weight=5 param=6 blobs=7 propagate_down=11"
            " include=8 exclude=9 transform_param=100 loss_param=101 accuracy_param=102"
            " argmax_param=103 batch_norm_param=139 bias_param=141 clip_param=148 concat_param=104"
            " contrastive_loss_param=105 convolution_param=106 crop_param=144 data_param=107"
            " dropout_param=108 dummy_data_param=109 eltwise_param=110 elu_param=140"
            " embed_param=137 exp_param=111 flatten_param=135 hdf5_data_param=112"
            " hdf5_output_param=113 hinge_loss_param=114 image_data_param=115"
            " infogain_loss_param=116 inner_product_param=117 input_param=143 log_param=134"
            " lrn_param=118 memory_data_param=119 mvn_param=120 parameter_param=145"
            " pooling_param=121 power_param=122 prelu_param=131 python_param=130"
            " recurrent_param=146 reduction_param=136 relu_param=123 reshape_param=133"
            " scale_param=142 sigmoid_param=124 softmax_param=125 spp_param=132 slice_param=126"
            " swish_param=147 tanh_param=127 threshold_param=128 tile_param=138"
            " window_data_param=129"
        ),
        "V1LayerParameter": _numbered(
            "bottom=2 top=3 name=4 include=32 exclude=33 type=5 blobs=6 param=1001"
            " blob_share_mode=1002 blobs_lr=7 weight_decay=8 loss_weight=35 accuracy_param=27"
            " argmax_param=23 concat_param=9 contrastive_loss_param=40 convolution_param=10"
            " data_param=11 dropout_param=12 dummy_data_param=26 eltwise_param=24 exp_param=41"
            " hdf5_data_param=13 hdf5_output_param=14 hinge_loss_param=29 image_data_param=15"
            " infogain_loss_param=16 inner_product_param=17 lrn_param=18 memory_data_param=22"
            " mvn_param=34 pooling_param=19 power_param=21 relu_param=30 sigmoid_param=38"
            " softmax_param=39 slice_param=31 tanh_param=37 threshold_param=25"
            " window_data_param=20 transform_param=36 loss_param=42"
        ),
        "NetState": _numbered("phase=1 level=2 stage=3"),
        "NetStateRule": _numbered("phase=1 min_level=2 max_level=3 stage=4 not_stage=5"),
        "ParamSpec": _numbered("name=1 share_mode=2 lr_mult=3 decay_mult=4"),
        "BlobShape": _numbered("dim=1"),
        "FillerParameter": _numbered(
            "type=1 value=2 min=3 max=4 mean=5 std=6 sparse=7 variance_norm=8"
        ),
        "accuracy_param": _numbered("top_k=1 axis=2 ignore_label=3"),
        "argmax_param": _numbered("out_max_val=1 top_k=2 axis=3"),
        "batch_norm_param": _numbered("use_global_stats=1 moving_average_fraction=2 eps=3"),
        "bias_param": _numbered("axis=1 num_axes=2 filler=3"),
        "clip_param": _numbered("min=1 max=2"),
        "concat_param": _numbered("axis=2 concat_dim=1"),
        "contrastive_loss_param": _numbered("margin=1 legacy_version=2"),
        "convolution_param": _numbered(
            "num_output=1 bias_term=2 pad=3 kernel_size=4 stride=6 dilation=18 pad_h=9 pad_w=10"
            " kernel_h=11 kernel_w=12 stride_h=13 stride_w=14 group=5 weight_filler=7"
            " bias_filler=8 engine=15 axis=16 force_nd_im2col=17"
        ),
        "crop_param": _numbered("axis=1 offset=2"),
        "data_param": _numbered(
            "source=1 batch_size=4 backend=8 prefetch=10 force_encoded_color=9 rand_skip=7 scale=2"
            " mean_file=3 crop_size=5 mirror=6"
        ),
        "dropout_param": _numbered("dropout_ratio=1"),
        "dummy_data_param": _numbered("data_filler=1 shape=6 num=2 channels=3 height=4 width=5"),
        "eltwise_param": _numbered("operation=1 coeff=2 stable_prod_grad=3"),
        "elu_param": _numbered("alpha=1"),
        "embed_param": _numbered(
            "num_output=1 input_dim=2 bias_term=3 weight_filler=4 bias_filler=5"
        ),
        "exp_param": _numbered("base=1 scale=2 shift=3"),
        "flatten_param": _numbered("axis=1 end_axis=2"),
        "hdf5_data_param": _numbered("source=1 batch_size=2 shuffle=3"),
        "hdf5_output_param": _numbered("file_name=1"),
        "hinge_loss_param": _numbered("norm=1"),
        "image_data_param": _numbered(
            "source=1 batch_size=4 rand_skip=7 shuffle=8 new_height=9 new_width=10 is_color=11"
            " root_folder=12 scale=2 mean_file=3 crop_size=5 mirror=6"
        ),
        "infogain_loss_param": _numbered("source=1 axis=2"),
        "inner_product_param": _numbered(
            "num_output=1 bias_term=2 weight_filler=3 bias_filler=4 axis=5 transpose=6"
        ),
        "input_param": _numbered("shape=1"),
        "log_param": _numbered("base=1 scale=2 shift=3"),
        "loss_param": _numbered("ignore_label=1 normalization=3 normalize=2"),
        "lrn_param": _numbered("local_size=1 alpha=2 beta=3 norm_region=4 k=5 engine=6"),
        "memory_data_param": _numbered("batch_size=1 channels=2 height=3 width=4"),
        "mvn_param": _numbered("normalize_variance=1 across_channels=2 eps=3"),
        "parameter_param": _numbered("shape=1"),
        "pooling_param": _numbered(
            "pool=1 pad=4 pad_h=9 pad_w=10 kernel_size=2 kernel_h=5 kernel_w=6 stride=3 stride_h=7"
            " stride_w=8 engine=11 global_pooling=12 round_mode=13"
        ),
        "power_param": _numbered("power=1 scale=2 shift=3"),
        "prelu_param": _numbered("filler=1 channel_shared=2"),
        "python_param": _numbered("module=1 layer=2 param_str=3 share_in_parallel=4"),
        "recurrent_param": _numbered(
            "num_output=1 weight_filler=2 bias_filler=3 debug_info=4 expose_hidden=5"
        ),
        "reduction_param": _numbered("operation=1 axis=2 coeff=3"),
        "relu_param": _numbered("negative_slope=1 engine=2"),
        "reshape_param": _numbered("shape=1 axis=2 num_axes=3"),
        "scale_param": _numbered("axis=1 num_axes=2 filler=3 bias_term=4 bias_filler=5"),
        "sigmoid_param": _numbered("engine=1"),
        "slice_param": _numbered("axis=3 slice_point=2 slice_dim=1"),
        "softmax_param": _numbered("engine=1 axis=2"),
        "spp_param": _numbered("pyramid_height=1 pool=2 engine=6"),
        "swish_param": _numbered("beta=1"),
        "tanh_param": _numbered("engine=1"),
        "threshold_param": _numbered("threshold=1"),
        "tile_param": _numbered("axis=1 tiles=2"),
        "transform_param": _numbered(
            "scale=1 mirror=2 crop_size=3 mean_file=4 mean_value=5 force_color=6 force_gray=7"
        ),
        "window_data_param": _numbered(
            "source=1 batch_size=4 fg_threshold=7 bg_threshold=8 fg_fraction=9 context_pad=10"
            " crop_mode=11 cache_images=12 root_folder=13 scale=2 mean_file=3 crop_size=5 mirror=6"
        ),
    }
)
"""By message, the number of each of its fields; those inside a layer go by their field's name."""
