"""What AutoAugment, RandAugment and TrivialAugment have in common: their keys, and how they act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protonet.records import Record
from protonet.transforms.operations import Act, Actor
from protonet.transforms.pictures import Interpolation, check_colours, check_fill
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    chance,
    check_bytes,
    check_stored,
    images_of,
)
from protonet.transforms.values import PerChannel

Choose = Callable[[Positions], list[list[Act]]]
"""From positions to the operations on each sample."""


class AugmentParams(Record):
    """What comes in where pixels move."""

    interpolation: Interpolation = "nearest"
    """What becomes of pixels between pixels; a label image always takes the nearest."""
    fill: PerChannel = (0.0,)
    """What comes in at the edges: one number, or one for each channel."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Carries out on each sample the operations that are chosen for it.

    Attributes:
        choose: chooses them.
        actor: carries them out.
    """

    choose: Choose
    actor: Actor

    def host(self, images: Array, positions: Positions) -> Array:
        """Change (N, C, H, W), as stored."""
        return self.actor.host(images, self.choose(positions))


def sides(context: Context) -> tuple[int, int]:
    """Return rows and columns of the samples.

    Raises: ShapeError if they are no images of bytes in colours or grey, or no label images; or if
        arithmetic stands before.
    """
    _, rows, columns = images_of(context)
    check_stored(context)
    if not context.label_image:
        check_bytes(context)
        check_colours(context)
    return rows, columns


def augmenting(name: str, params: AugmentParams, context: Context, choose: Choose) -> Transform:
    """Return the transform that carries out what `choose` chooses.

    Raises: ShapeError if the fill does not fit.
    """
    check_fill(params.fill, context)
    interpolation = "nearest" if context.label_image else params.interpolation
    actor = Actor(interpolation, params.fill, context.channels, context.label_image)
    return Transform(
        shape=context.shape,
        host=Augmentation(choose, actor).host,
        description=chance(name, params, context),
    )
