"""Classifier: a net that names what is on images, as python/caffe/classifier.py has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe.images import oversample as windows_of
from protonet.pycaffe.images import resize_image
from protonet.pycaffe.memory import Array
from protonet.pycaffe.mode import TEST
from protonet.pycaffe.net import Net
from protonet.pycaffe.transformer import Transformer

_WINDOWS = 10


def set_up_transformer(
    net: Net,
    mean: Array | None,
    scales: tuple[float | None, float | None],
    channel_swap: Sequence[int] | None,
) -> Transformer:
    """Return what prepares images for the only input of a net.

    Args:
        net: the net.
        mean: subtracted.
        scales: the input scale, multiplied last, and the raw scale, multiplied before the mean.
        channel_swap: order of the channels.
    """
    name = net.inputs[0]
    transformer = Transformer({name: net.blobs[name].shape})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if scales[0] is not None:
        transformer.set_input_scale(name, scales[0])
    if scales[1] is not None:
        transformer.set_raw_scale(name, scales[1])
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer


class Classifier(Net):
    """A net in phase TEST with what prepares its images.

    Args:
        model_file: the prototxt.
        pretrained_file: the weights.
        image_dims: (H, W) that images are resized to before windows are cut; left out: those of the
            input.
        mean: subtracted, (K,) or (K, H, W).
        input_scale: multiplied last.
        raw_scale: multiplied before the mean.
        channel_swap: order of the channels.

    Attributes:
        transformer: what prepares the images.
        crop_dims, image_dims: (H, W) of a window, and of an image before windows are cut.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # pycaffe's own arguments, in its order
        self,
        model_file: str | Path,
        pretrained_file: str | Path,
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, TEST)
        scales = (input_scale, raw_scale)
        self.transformer = set_up_transformer(self, mean, scales, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].shape[2:])
        self.image_dims = np.array(self.crop_dims if image_dims is None else image_dims)

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """Return what the net gives for images.

        Args:
            inputs: each (H, W, K), of any size.
            oversample: take the mean over ten windows; else the window in the centre.

        Returns: (images, classes).
        Raises: UsageError if there are no images, or a window is larger than `image_dims`.
        """
        if not len(inputs):
            raise UsageError("predict: no images are given")
        images = np.stack([resize_image(image, self.image_dims) for image in inputs])
        windows = windows_of(images, self.crop_dims) if oversample else self._centres(images)
        name = self.inputs[0]
        fed = np.stack([self.transformer.preprocess(name, window) for window in windows])
        predictions = self.forward_all(None, **{name: fed})[self.outputs[0]]
        if oversample:
            predictions = predictions.reshape(len(inputs), _WINDOWS, -1).mean(1)
        return predictions

    def _centres(self, images: Array) -> Array:
        height, width = map(int, self.crop_dims)
        top, left = (
            (images.shape[axis + 1] - size) // 2 for axis, size in ((0, height), (1, width))
        )
        if top < 0 or left < 0:
            raise UsageError(
                f"predict: a window of {height} x {width} does not fit into images of "
                f"{images.shape[1]} x {images.shape[2]}"
            )
        return images[:, top : top + height, left : left + width]
