"""Layers in Python as people have written them, for the tests of nets that name them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import protonet.pycaffe as caffe

Blobs = Sequence[caffe.Blob]


class EuclideanLoss(caffe.Layer):
    """Half the mean squared distance of two bottoms."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Check that there are two."""
        if len(bottom) != 2:
            raise Exception("Need two inputs to compute distance.")

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Make room for the difference."""
        self.diff = np.zeros_like(bottom[0].data, dtype=np.float32)
        top[0].reshape(1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Compute the loss."""
        self.diff[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.diff**2) / bottom[0].num / 2.0

    def backward(self, top: Blobs, propagate_down: Sequence[bool], bottom: Blobs) -> None:
        """Compute the gradients."""
        for place, sign in ((0, 1), (1, -1)):
            if propagate_down[place]:
                bottom[place].diff[...] = sign * self.diff / bottom[place].num


class Counting(caffe.Layer):
    """Gives how often it ran, times `param_str`."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Read the parameter."""
        self.factor, self.count = float(self.param_str), 0

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Ask for two numbers."""
        top[0].reshape(2, 1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Count."""
        self.count += 1
        top[0].data[...] = self.count * self.factor

    def backward(self, top: Blobs, propagate_down: Sequence[bool], bottom: Blobs) -> None:
        """Do nothing."""


class Unfinished(caffe.Layer):
    """Has no methods of its own."""


class Stranger:
    """Is no layer."""
