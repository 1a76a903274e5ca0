"""Change the colours of every image a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from protonet.randomness import key
from protonet.records import ChannelOrder, Fraction, Record, custom_error
from protonet.transforms import colours
from protonet.transforms.chances import Drawn, Span, between, chosen, shuffles
from protonet.transforms.pictures import changed, check_colours
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    chance,
    check_bytes,
    unchanged,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_CHANGES: Mapping[str, colours.Change] = {
    "brightness": colours.brightness,
    "contrast": colours.contrast,
    "saturation": colours.saturation,
    "hue": colours.hue,
}


def _factors(written: object) -> object:
    """Read how much more or less, or [least, most]."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        return _not_below(written, 0, "a factor is at least 0")
    if not written >= 0:
        raise custom_error("PN013", "how much more or less is at least 0")
    return [max(0.0, 1 - written), 1 + written]


def _turns(written: object) -> object:
    """Read the largest turn either way, or [least, most]."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        written = _not_below(written, -0.5, "a turn is from -0.5 to 0.5")
        if isinstance(written, list | tuple) and any(_is_above(one, 0.5) for one in written):
            raise custom_error("PN013", "a turn is from -0.5 to 0.5")
        return written
    if not 0 <= written <= 0.5:
        raise custom_error("PN013", "a turn either way is from 0 to 0.5", "or give [least, most]")
    return [-written, written]


def _not_below(written: object, limit: float, why: str) -> object:
    if isinstance(written, list | tuple) and any(_is_above(limit, one) for one in written):
        raise custom_error("PN013", why)
    return written


def _is_above(one: object, other: object) -> bool:
    numbers = (int, float)
    return isinstance(one, numbers) and isinstance(other, numbers) and one > other


_WRITTEN = float | tuple[float, float]
Factors = Annotated[Span, BeforeValidator(_factors, json_schema_input_type=_WRITTEN)]
Turns = Annotated[Span, BeforeValidator(_turns, json_schema_input_type=_WRITTEN)]


class ColorJitterParams(Record):
    """How far colours go."""

    brightness: Factors = (1.0, 1.0)
    """How much brighter or darker at most: 0.4 draws a factor from 0.6 to 1.4; or the least and
    most factor."""
    contrast: Factors = (1.0, 1.0)
    """The same of the distance of every byte from the image's mean grey."""
    saturation: Factors = (1.0, 1.0)
    """The same of the distance of every pixel from its own grey; [0, 0] makes images grey."""
    hue: Turns = (0.0, 0.0)
    """The largest turn of the colours either way, 0 to 0.5, where 1 is once round; or the least and
    most."""
    probability: Fraction = 1.0
    """Chance that an image is changed, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Jitter:
    """Changes each image by factors of its own, in an order of its own.

    Attributes:
        spans: least and most of each change that is made, by name.
        channels: order of the images' channels.
        probability: that an image is changed.
        seed: of this transform.
    """

    spans: Mapping[str, tuple[float, float]]
    channels: ChannelOrder | None
    probability: float
    seed: int

    def host(self, images: Array, positions: Positions) -> Array:
        """Change some of (N, C, H, W) bytes."""
        names = list(self.spans)
        orders = shuffles(len(names), key(self.seed, "order"), positions).tolist()
        factors = self.factors(positions)

        def change(row: int, image: Image) -> Image:
            for number in orders[row]:
                name = names[number]
                image = _CHANGES[name](image, float(factors[name][row]))
            return image

        rows = chosen(self.probability, self.seed, positions)
        return colours.in_rgb(images, self.channels, lambda rgb: changed(rgb, rows, change))

    def factors(self, positions: Positions) -> dict[str, Drawn]:
        """Return how much each image is changed, (N,) each."""
        return {
            name: between(span, key(self.seed, name), positions)
            for name, span in self.spans.items()
        }


def _build(params: ColorJitterParams, context: Context) -> Transform:
    """Change brightness, contrast, saturation and hue of each image, in an order of its own.

    In every phase. What a training pipeline stores for the evaluation of its net leaves it out; a
    label image stays as it is.

    Takes and gives: (N, 1 or 3, H, W), bytes as stored.
    Raises: ShapeError if the samples are no images of bytes, or arithmetic stands before it.
    Source: Pillow, ImageEnhance, and its HSV for the hue; torchvision, ColorJitter.
    """
    if context.label_image:
        return unchanged(context)
    check_bytes(context)
    check_colours(context)
    given = {name: getattr(params, name) for name in _CHANGES}
    still = {"hue": (0.0, 0.0)}
    spans = {name: span for name, span in given.items() if span != still.get(name, (1.0, 1.0))}
    if not spans:
        return unchanged(context)
    jitter = Jitter(spans, context.channels, params.probability, context.seed)
    return Transform(
        shape=context.shape, host=jitter.host, description=chance("ColorJitter", params, context)
    )


COLOR_JITTER = TransformType("ColorJitter", ColorJitterParams, _build, chooses="colours")
