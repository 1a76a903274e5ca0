"""How a source is read that is no dataset: images in their files, arrays, or made-up numbers."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_core import InitErrorDetails

from protonet.records import Count, Flag, Record, Text
from protonet.spec.keys import line
from protonet.spec.window_source import WindowsSpec

RANDOM = "random"
"""The source of samples that are made up."""
MEMORY = "memory"
"""The source of arrays that a program hands over."""
RECORDS = 10_000
"""Samples in an epoch of `source: random`, unless `records` says otherwise."""

_OF_IMAGES = ("root_folder", "new_height", "new_width", "is_color")
"""Keys for images that are read from their files."""


class Unconverted(Record):
    """The keys of a source that only what is read without conversion takes; Caffe's ImageData has
    the same, of the same names."""

    root_folder: Text | None = None
    """Folder in front of every path of a list of images, or of a window file; left out: that file's
    own folder."""
    new_height: Count | None = None
    """Height that images are scaled to as they are read, in pixels; it goes with `new_width`."""
    new_width: Count | None = None
    """Width that images are scaled to as they are read, in pixels."""
    is_color: Flag | None = None
    """false: images are read in grey, with one channel; left out: they are where the net takes one
    channel."""
    records: Count | None = None
    """Samples in an epoch where they are made up or drawn; left out: 10,000 of `source: random`, as
    many as there are windows with `windows`."""
    windows: WindowsSpec | None = None
    """How windows are drawn from a window file, R-CNN's list of images with windows in each, which
    the source then is; Caffe's WindowData."""


def contradictions(
    own: Unconverted, *, has_files: bool, is_made_up: bool
) -> Iterator[InitErrorDetails]:
    """Yield each key that goes with none of what a source names, or not without another.

    Args:
        own: the source.
        has_files: whether it names files or folders.
        is_made_up: whether it names samples that are made up.
    """
    if own.records is not None and not is_made_up and own.windows is None:
        why = "records goes with source: random or windows, and other sources have what they have"
        yield line("PN015", why, "remove it", ("records",), own.records)
    given = [name for name in _OF_IMAGES if name in own.model_fields_set]
    if not has_files:
        for name in given:
            why = f"{name} goes with images that are read from their files"
            yield line("PN015", why, "remove it", (name,), getattr(own, name))
        return
    for name, other in (("new_height", "new_width"), ("new_width", "new_height")):
        value = getattr(own, name)
        if value is not None and getattr(own, other) is None:
            why, hint = f"{name} goes with {other}", f"{other}: {value} makes a square"
            yield line("PN015", why, hint, (name,), value)
