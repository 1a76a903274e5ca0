"""The transform types as people read them, from their records, models and builders' docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from protonet.errors import UsageError
from protonet.look.catalogue_text import hanging, key_lines
from protonet.look.keys import Key, keys_of, sentence_of
from protonet.records import suggestion
from protonet.transforms import TRANSFORMS, CaffeTransform, TransformType

_WIDTH = 100
"""Of running text where no terminal says another."""


@dataclass(frozen=True, slots=True)
class TransformPage:
    """What there is to say of one transform type.

    Attributes:
        sentence: the first of the text.
        keys: its own.
        text: its builder's docstring: shapes, what is refused, source.
    """

    name: str
    sentence: str
    keys: tuple[Key, ...]
    text: str


def transform_page(
    name: str, transforms: Mapping[str, TransformType] = TRANSFORMS
) -> TransformPage:
    """Return what there is to say of a type.

    Raises: UsageError if there is none of this name.
    """
    if name not in transforms:
        raise UsageError(f"{name}: unknown transform; {suggestion(name, transforms)}")
    kind = transforms[name]
    text = inspect.cleandoc(kind.build.__doc__ or kind.params.__doc__ or "")
    return TransformPage(name, sentence_of(text), keys_of(kind.params), text)


def transform_lines(
    transforms: Mapping[str, TransformType] = TRANSFORMS, width: int | None = None
) -> list[str]:
    """Return every type on a line with what it does."""
    pages = [transform_page(name, transforms) for name in sorted(transforms, key=str.lower)]
    room = max(len(page.name) for page in pages)
    lines = ["Steps of a list, transform: [{type: …}, …]"]
    for page in pages:
        lines += hanging(f"  {page.name:<{room}}  ", page.sentence, width)
    lines += ["", "Keys of a map, transform: {scale: …}, carried out in Caffe's order"]
    lines += key_lines(keys_of(CaffeTransform), width or _WIDTH)
    return [*lines, "", "protonet transforms TYPE tells all of one."]


def transform_page_lines(page: TransformPage, width: int | None = None) -> list[str]:
    """Return all that there is to say of a type."""
    room = min(width or _WIDTH, _WIDTH)
    heading = "keys" if page.keys else "no keys"
    return [page.name, "", *page.text.splitlines(), "", heading, *key_lines(page.keys, room)]


def transform_data(
    name: str | None, transforms: Mapping[str, TransformType] = TRANSFORMS
) -> dict[str, Any]:
    """Return one type's page, or the first sentence on each, as plain data.

    Raises: UsageError if there is none of this name.
    """
    if name is not None:
        return asdict(transform_page(name, transforms))
    return {one: transform_page(one, transforms).sentence for one in sorted(transforms)}
