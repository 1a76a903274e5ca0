"""Which part of an image is warped for a window, and which part of the sample it fills.

The window, with as much around it that `context_pad` pixels of the sample show it on each side, is
scaled to a square of `size` pixels. What of it lies outside the image stays empty. All sums are
Caffe's, in float32 where Caffe's are, so that every pixel is taken from the same place; that a
window of which all is inside grows by one pixel when it is extended is Caffe's doing, too.

Source: Caffe, window_data_layer.cpp; Girshick et al., CVPR 2014, appendix A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]
_Axis = tuple[Whole, Whole]


@dataclass(frozen=True, slots=True)
class Warp:
    """How windows become samples.

    Attributes:
        size: pixels along each side of a sample.
        context_pad: pixels on each side of it that show what surrounds the window; less than half
            of `size`.
        square: whether the shorter side of a window is extended first.
    """

    size: int
    context_pad: int = 0
    square: bool = False

    @property
    def extends(self) -> bool:
        """Whether more is cut out than a window itself, so that samples may stay empty in part."""
        return self.context_pad > 0 or self.square

    def crops(
        self,
        boxes: npt.NDArray[np.integer],
        sizes: npt.NDArray[np.integer],
        mirrored: npt.NDArray[np.bool_],
    ) -> tuple[Whole, Whole]:
        """Return what is cut out, and where it lies in the sample, both (N, 4) as top, left, height
        and width.

        Args:
            boxes: x1 y1 x2 y2 of each window, (N, 4); some of it lies inside the image, and without
                `extends` all.
            sizes: height and width of the image of each, (N, 2).
            mirrored: whether each is turned left to right once it was cut out, (N,); what is left
                empty is turned with it.
        """
        places, sizes = boxes.astype(np.int64), sizes.astype(np.int64)
        first, last = places[:, [1, 0]], places[:, [3, 2]]  # of rows and columns, (N, 2)
        if not self.extends:
            whole = np.full((len(boxes), 2), self.size)
            return _joined(first, last - first + 1), _joined(np.zeros_like(whole), whole)
        first, last = self._extended(first, last)
        before, after = np.maximum(0, -first), np.maximum(0, last - sizes + 1)
        factor = _float(self.size) / _float(last - first + 1)
        inside = last - first + 1 - before - after
        empty, other = (_rounded(_float(side) * factor) for side in (before, after))
        empty[:, 1] = np.where(mirrored, other[:, 1], empty[:, 1])
        empty = np.minimum(empty, self.size - 1)  # one pixel at least, where Caffe gives up
        filled = _rounded(_float(inside) * factor).clip(1, self.size - empty)
        return _joined(first + before, inside), _joined(empty, filled)

    def _extended(self, first: Whole, last: Whole) -> _Axis:
        """Return the first and last pixels of the windows with what surrounds them."""
        scale = _float(self.size) / _float(self.size - 2 * self.context_pad)
        half = _float(last - first + 1) / _float(2)
        centre = _float(first) + half
        if self.square:
            half = np.broadcast_to(half.max(1, keepdims=True), half.shape)
        return _rounded(centre - half * scale), _rounded(centre + half * scale)


def _joined(first: Whole, sides: Whole) -> Whole:
    return np.concatenate([first, sides], axis=1)


def _float(values: int | Whole) -> _Floats:
    return np.asarray(values, np.float32)


def _rounded(values: _Floats) -> Whole:
    """Return the nearest whole numbers, halves away from 0, as C rounds."""
    exact = values.astype(np.float64)
    return np.trunc(exact + np.copysign(0.5, exact)).astype(np.int64)
