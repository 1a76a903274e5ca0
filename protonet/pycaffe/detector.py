"""Detector: a net that names what is in windows of images, as python/caffe/detector.py has it.

A window is (top, left, bottom, right), in pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe.classifier import set_up_transformer
from protonet.pycaffe.images import load_image, resize_image
from protonet.pycaffe.memory import Array
from protonet.pycaffe.mode import TEST
from protonet.pycaffe.net import Net

Window = Sequence[float]


class Detector(Net):
    """A net in phase TEST for windows of images.

    Args:
        model_file: the prototxt.
        pretrained_file: the weights.
        mean: subtracted, (K,) or (K, H, W).
        input_scale: multiplied last.
        raw_scale: multiplied before the mean.
        channel_swap: order of the channels.
        context_pad: pixels of the input around a window that show what surrounds it.

    Attributes:
        transformer: what prepares the windows.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # pycaffe's own arguments, in its order
        self,
        model_file: str | Path,
        pretrained_file: str | Path,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, pretrained_file, TEST)
        scales = (input_scale, raw_scale)
        self.transformer = set_up_transformer(self, mean, scales, channel_swap)
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """Set how many pixels of the input are context; where a window reaches over the edge of its
        image, the mean stands."""
        name = self.inputs[0]
        channels, height, width = self.blobs[name].shape[1:]
        self.crop_dims = np.array((height, width, channels))
        self.context_pad = context_pad or 0
        self.crop_mean: Array = np.zeros((height, width, channels), np.float32)
        mean = self.transformer.mean.get(name)
        if self.context_pad and mean is not None:
            whole = np.broadcast_to(mean, (channels, height, width))
            swap = self.transformer.channel_swap.get(name, tuple(range(channels)))
            image = whole.transpose(1, 2, 0)[..., np.argsort(swap)]
            self.crop_mean = image / self.transformer.raw_scale.get(name, 1.0)

    def detect_windows(
        self, images_windows: Iterable[tuple[str, Iterable[Window]]]
    ) -> list[dict[str, Any]]:
        """Return what the net gives for windows of images.

        Args:
            images_windows: file of an image, and windows of it.

        Returns: of every window, `window`, `prediction` and `filename`.
        Raises: UsageError if there are none, or one is empty; DataError for what cannot be read.
        """
        named: list[tuple[str, Window]] = []
        crops: list[Array] = []
        for filename, windows in images_windows:
            image = load_image(filename)
            for window in windows:
                named.append((filename, window))
                crops.append(self.crop(image, window))
        if not crops:
            raise UsageError("detect_windows: no windows are given")
        name = self.inputs[0]
        fed = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(None, **{name: fed})[self.outputs[0]]
        return [
            {"window": window, "prediction": prediction, "filename": filename}
            for (filename, window), prediction in zip(named, predictions, strict=True)
        ]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict[str, Any]]:
        """Refuse: the program that proposes windows was one of MATLAB's.

        Raises: UsageError.
        """
        raise UsageError(
            "detect_selective_search: it needs a program of MATLAB's; propose windows otherwise, "
            "and give them to detect_windows"
        )

    def crop(self, im: Array, window: Window) -> Array:
        """Return a window of an image; with context, already of the size of the input.

        Args:
            im: (H, W, K).
            window: top, left, bottom, right.

        Raises: UsageError if it is empty, or lies outside the image.
        """
        top, left, bottom, right = (int(side) for side in window)
        found = im[max(top, 0) : bottom, max(left, 0) : right]
        if not found.size:
            raise UsageError(
                f"the window {tuple(window)} (top, left, bottom, right) holds no pixel of an image "
                f"of {im.shape[0]} x {im.shape[1]}"
            )
        return self._with_context(im, np.array(window, np.float64)) if self.context_pad else found

    def _with_context(self, im: Array, window: Array) -> Array:
        """Return a window with what surrounds it; the window itself fills the input but for
        `context_pad` pixels on each side."""
        size = float(self.crop_dims[1])
        half = (window[2:] - window[:2] + 1) / 2
        centre, scaled = window[:2] + half, half * size / (size - 2 * self.context_pad)
        box = np.round(np.concatenate([centre - scaled, centre + scaled]))
        per_pixel = size / (box[2:] - box[:2] + 1)
        pad = np.round(np.maximum(0, -box[:2]) * per_pixel).astype(int)
        clipped = np.clip(box, 0, np.tile(im.shape[:2], 2)).astype(int)
        shown = np.round((clipped[2:] - clipped[:2] + 1) * per_pixel).astype(int)
        shown = np.minimum(shown, int(size) - pad)
        context = im[clipped[0] : clipped[2], clipped[1] : clipped[3]]
        result = np.array(self.crop_mean, np.float32)
        result[pad[0] : pad[0] + shown[0], pad[1] : pad[1] + shown[1]] = resize_image(
            context, shown
        )
        return result
