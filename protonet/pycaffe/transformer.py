"""Transformer: from an image as it is loaded to what a net takes, and back.

Source: Caffe, python/caffe/io.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe.images import resize_image
from protonet.pycaffe.memory import Array

_IMAGE_AXES = 3


class MeanShapeError(UsageError, ValueError):
    """A mean that does not fit the input it is for."""


class Transformer:
    """Prepares images for the inputs of a net, in this order: resize, transpose, swap channels,
    multiply by the raw scale, subtract the mean, multiply by the input scale.

    Args:
        inputs: shape of each input, `{"data": net.blobs["data"].data.shape}`.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, tuple[int, ...]] = {}
        self.channel_swap: dict[str, tuple[int, ...]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: Array) -> Array:
        """Return an image as an input takes it.

        Args:
            in_: name of the input.
            data: (H, W, K), of any size.

        Returns: float32, of the shape that the transforms give, (K, H, W) as a rule.
        Raises: UsageError if there is no such input, or the image does not fit the transforms.
        """
        self._check(in_)
        result = np.array(data, np.float32)
        size = self.inputs[in_][2:]
        if result.shape[:2] != size:
            result = resize_image(result, size)
        if in_ in self.transpose:
            result = result.transpose(self._axes(in_, result))
        if in_ in self.channel_swap:
            result = self._swapped(in_, result)
        if in_ in self.raw_scale:
            result = result * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            result = result - self.mean[in_].astype(np.float32)
        if in_ in self.input_scale:
            result = result * np.float32(self.input_scale[in_])
        return np.ascontiguousarray(result)

    def deprocess(self, in_: str, data: Array) -> Array:
        """Return what an input takes as an image: the inverse of `preprocess`, without the size.

        Args:
            in_: name of the input.
            data: (K, H, W), or with axes of length 1 in front.
        """
        self._check(in_)
        result = np.array(data, np.float32).squeeze()
        if in_ in self.input_scale:
            result /= np.float32(self.input_scale[in_])
        if in_ in self.mean:
            result += self.mean[in_].astype(np.float32)
        if in_ in self.raw_scale:
            result /= np.float32(self.raw_scale[in_])
        if in_ in self.channel_swap:
            result = result[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            result = result.transpose(np.argsort(self.transpose[in_]))
        return result

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of the axes: (2, 0, 1) makes (K, H, W) of (H, W, K).

        Raises: UsageError if it has not as many axes as the input without the batch axis.
        """
        self._check(in_)
        if len(order) != len(self.inputs[in_]) - 1:
            raise UsageError(
                "Transpose order needs to have the same number of dimensions as the input: "
                f"{tuple(order)} for {in_} of shape {self.inputs[in_]}"
            )
        self.transpose[in_] = tuple(order)

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of the channels: (2, 1, 0) makes blue, green, red of red, green, blue.

        Raises: UsageError if it has not as many numbers as the input has channels.
        """
        self._check(in_)
        if len(order) != self.inputs[in_][1]:
            raise UsageError(
                "Channel swap needs to have the same number of dimensions as the input channels: "
                f"{tuple(order)} for {in_} with {self.inputs[in_][1]}"
            )
        self.channel_swap[in_] = tuple(order)

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Set what is multiplied before the mean is subtracted: 255 for images from 0 to 1."""
        self._check(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """Set what is subtracted.

        Args:
            in_: name of the input.
            mean: a number for each channel, (K,), or an image, (K, H, W), resized where it is of
                another size.

        Raises: UsageError, a ValueError too, if its channels do not fit.
        """
        self._check(in_)
        channels, size = self.inputs[in_][1], self.inputs[in_][2:]
        array = np.asarray(mean)
        if array.ndim == 1:
            if array.shape[0] != channels:
                raise self._unfit("Mean channels incompatible with input", in_, array)
            self.mean[in_] = array[:, None, None]
            return
        image = array[None] if array.ndim == _IMAGE_AXES - 1 else array
        if image.ndim != _IMAGE_AXES:
            raise self._unfit("Mean shape invalid", in_, array)
        if image.shape[0] != channels:
            raise self._unfit("Mean channels incompatible with input", in_, array)
        if image.shape[1:] != size:
            image = resize_image(image.transpose(1, 2, 0), size).transpose(2, 0, 1)
        self.mean[in_] = image

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Set what is multiplied last."""
        self._check(in_)
        self.input_scale[in_] = scale

    def _check(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise UsageError(f"{in_} is not one of the net inputs: {', '.join(self.inputs)}")

    def _axes(self, in_: str, image: Array) -> tuple[int, ...]:
        order = self.transpose[in_]
        if image.ndim != len(order):
            raise UsageError(
                f"an image for {in_} has {len(order)} axes, (H, W, K), not the shape {image.shape}"
            )
        return order

    def _swapped(self, in_: str, image: Array) -> Array:
        order = self.channel_swap[in_]
        if max(order) >= len(image):
            raise UsageError(
                f"the channels of {in_} are swapped by {order}, and the image has the shape "
                f"{image.shape}; set_transpose({in_!r}, (2, 0, 1)) puts the channels in front"
            )
        return image[list(order)]

    def _unfit(self, words: str, in_: str, mean: Array) -> MeanShapeError:
        return MeanShapeError(f"{words}: {mean.shape} for {in_} of shape {self.inputs[in_]}")
