"""From a decoded picture to a sample of a net, exactly as its test prepared one.

What the data set was made of is part of it: where converting scaled every picture to one size,
a picture is scaled to it by the same function, before the first transform.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from protonet.convert.options import parse_encode, parse_resize
from protonet.convert.resizing import resized
from protonet.data.image import Decoded, Pixels, decode, encode, fit
from protonet.data.layout import Array, Rows
from protonet.errors import DataError, ShapeError, UsageError
from protonet.predict.windows import windowed
from protonet.records import ChannelOrder
from protonet.snapshot import Evaluation
from protonet.transforms import Context, Pipeline, build_pipeline, read_transform
from protonet.transforms.channels import reorder

_COLOURS = (1, 3)
_IMAGE_AXES = 3
_MOST_PIPELINES = 256
"""Sizes of pictures whose transforms are kept built: a server meets any number of them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Pictures after what is done on the host.

    Attributes:
        images: (N, C, H, W), as stored or as the host's transforms left them.
        pipeline: what is still to be done, on the device.
        positions: of the pictures among all, (N,).
    """

    images: Array
    pipeline: Pipeline
    positions: Rows


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes a sample.

    Args:
        evaluation: what is known of it, stored with the weights.
        seed: of what a transform chooses by chance in a test.
        scale: scale pictures of another size than the data had, though converting did not.
        window: of ten, the one to take in the place of the centre; None: the centre.

    Raises: UsageError if the net was trained on something else than pictures.
    """

    evaluation: Evaluation
    seed: int = 0
    scale: bool = False
    window: int | None = None
    _pipelines: dict[tuple[int, ...], Pipeline] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what takes no pictures."""
        stored = self.evaluation.stored
        shape = (stored and stored.shape) or self.evaluation.shape
        if self.evaluation.input is None or len(shape) != _IMAGE_AXES:
            raise UsageError(f"the net takes samples of shape {_shown(shape)}, and no pictures")
        if stored is None and self.scale:
            raise UsageError("--resize: the net's transform takes pictures of any size")
        if stored and stored.dtype != "uint8":
            raise UsageError(
                f"the net was trained on images stored as {stored.dtype}, and what made them of "
                "pictures is not known"
            )
        if self.channels not in _COLOURS:
            raise UsageError(
                f"the net takes images of {self.channels} channels, and pictures have 1 or 3"
            )

    @property
    def channels(self) -> int:
        """Channels that a picture is decoded to."""
        stored = self.evaluation.stored
        if stored and stored.shape:
            return stored.shape[0]
        order = stored.channels if stored else self.evaluation.channels
        return 1 if order == "gray" else 3

    def sample(self, decoded: Decoded, name: str) -> Array:
        """Return a picture as the first transform takes it, (C, H, W) uint8.

        Args:
            decoded: to `channels` channels.
            name: of the picture, for messages.

        Raises: DataError if it has another size than the data had, and is not to be scaled.
        """
        return np.asarray(self.ordered(self.picture(decoded, name)[None])[0])

    def picture(self, decoded: Decoded, name: str) -> Array:
        """Return the same with channels still in the order of the file, RGB or gray."""
        return np.ascontiguousarray(self._sized(decoded.pixels, name).transpose(2, 0, 1))

    def ordered(self, pictures: Array) -> Array:
        """Return pictures, (N, C, H, W), with their channels in the order that the net was fed."""
        arriving: ChannelOrder = "gray" if pictures.shape[1] == 1 else "RGB"
        order = reorder(arriving, self.evaluation.channels)
        return pictures if order is None else order(pictures, np.zeros(len(pictures), np.int64))

    def _sized(self, pixels: Pixels, name: str) -> Pixels:
        stored = self.evaluation.stored
        if stored is None:
            return pixels
        if stored.resize:
            pixels = resized(pixels, parse_resize(stored.resize))
        if stored.encode:
            pixels = decode(written_as(pixels, stored.encode), gray=self.channels == 1).pixels
        if stored.shape is None or pixels.shape[:2] == stored.shape[1:]:
            return pixels
        height, width = stored.shape[1:]
        if self.scale:
            return fit(pixels, (width, height))
        raise DataError(
            f"{name}: has {pixels.shape[1]}x{pixels.shape[0]} pixels, and the net was trained on "
            f"images of {width}x{height}; --resize scales it"
        )

    def check(self, shape: tuple[int, ...], name: str) -> None:
        """Refuse a picture that the transforms cannot work on.

        Args:
            shape: of its sample, (C, H, W).
            name: of the picture, for messages.

        Raises: DataError.
        """
        self._pipeline(shape, name)

    def prepared(self, images: Array, positions: Rows) -> Prepared:
        """Do what is done on the host to pictures that were checked.

        Args:
            images: (N, C, H, W), of `sample`.
            positions: of the pictures among all, (N,).
        """
        pipeline = self._pipeline(images.shape[1:], "")
        return Prepared(pipeline.host(images, positions), pipeline, positions)

    def _pipeline(self, shape: tuple[int, ...], name: str) -> Pipeline:
        """Return the transforms for pictures of a shape; threads may ask at the same time."""
        pipeline = self._pipelines.get(shape)
        if pipeline is None:
            if len(self._pipelines) >= _MOST_PIPELINES:
                self._pipelines.clear()
            pipeline = self._pipelines[shape] = self._built(shape, name)
        return pipeline

    def _built(self, shape: tuple[int, ...], name: str) -> Pipeline:
        channels = self.evaluation.channels
        context = Context(shape=shape, channels=channels, seed=self.seed)
        try:
            pipeline = build_pipeline(read_transform(list(self.evaluation.transform)), context)
        except ShapeError as error:
            raise DataError(f"{name}: cannot be prepared: {error.why}") from error
        if not _fits(pipeline.shape, self.evaluation.shape):
            taken = _shown(self.evaluation.shape)
            why = f"its {shape[2]}x{shape[1]} pixels become {_shown(pipeline.shape)}"
            raise DataError(f"{name}: {why}, and the net takes {taken}")
        return pipeline if self.window is None else windowed(pipeline, shape, self.window)


def written_as(pixels: Pixels, encoding: str) -> bytes:
    """Return pixels, (H, W, C), as a JPEG of the quality that was asked for, `jpg:90`."""
    return encode(pixels, "JPEG", parse_encode(encoding).quality)


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    """Return whether a sample has the shape that a net takes, some of whose axes may be free."""
    pairs = zip(shape, wanted, strict=False)
    return len(shape) == len(wanted) and all(isinstance(b, str) or a == b for a, b in pairs)


def _shown(shape: tuple[int | str, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
