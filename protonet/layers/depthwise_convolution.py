"""DepthwiseConvolution: a Convolution in which each channel is a group of its own."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.errors import ShapeError
from protonet.layers import convolution
from protonet.layers.checks import axis_index
from protonet.layers.convolution import ConvolutionParams, fillers_of
from protonet.layers.record import SOME, Blob, LayerType, Setting


class DepthwiseConvolutionParams(ConvolutionParams):
    """How many filters, how large, how far apart; `group` may be left out."""


def build(
    params: DepthwiseConvolutionParams, bottoms: Sequence[Blob], setting: Setting
) -> nn.Module:
    """Convolve each channel with num_output / C filters of its own and add a bias.

    Bottoms: (N, C, H, W), or any rank with C at `axis`; all of one shape.
    Tops: (N, num_output, H', W'), H' as of Convolution.
    Raises: ShapeError as Convolution, or if `group` is given and is not C.
    Source: forks of Caffe, depthwise_conv_layer.cpp.
    """
    return convolution.build(_grouped(params, bottoms), bottoms, setting)


def infer(
    params: DepthwiseConvolutionParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the tops' shapes, as of Convolution."""
    return convolution.infer(_grouped(params, bottoms), bottoms, setting)


def _grouped(params: DepthwiseConvolutionParams, bottoms: Sequence[Blob]) -> ConvolutionParams:
    """Return the keys of the Convolution that it is."""
    channels = bottoms[0].shape[axis_index(params.axis, bottoms[0])]
    if params.group not in (1, channels):
        why = f"group {params.group} is not the number of channels, {channels}"
        raise ShapeError(why, "leave group out, or use a Convolution")
    return params.model_copy(update={"group": channels})


def _multiply_adds(
    params: DepthwiseConvolutionParams, bottoms: Sequence[Blob], tops: Sequence[Blob]
) -> int:
    return convolution.CONVOLUTION.multiply_adds(_grouped(params, bottoms), bottoms, tops)


DEPTHWISE_CONVOLUTION = LayerType(
    name="DepthwiseConvolution",
    params=DepthwiseConvolutionParams,
    build=build,
    bottoms=SOME,
    tops=SOME,
    parameters=("weight", "bias"),
    fillers=fillers_of,
    multiply_adds=_multiply_adds,
    infer=infer,
)
