"""How windows are drawn from the images of a window file, R-CNN's way of listing samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Protocol

from pydantic_core import InitErrorDetails

from protonet.records import Count, Flag, Fraction, Number, Record, Size
from protonet.spec.keys import line, plain
from protonet.transforms.caffe import CaffeTransform

_CROP = "transform: {crop_size: 227} is the size that windows are warped to"
_SCALED = "windows are scaled to the transform's crop_size"
_NOT_THESE = {
    "new_height": _SCALED,
    "new_width": _SCALED,
    "is_color": "windows are cut out of images that are read in colour",
    "cache": "windows: {cache_images: true} keeps the images' files in memory",
}
_DRAWN = ("shuffle", "sampling", "reservoir", "rand_skip")
_DRAWN_ALREADY = "windows are drawn at random, foreground and background apart"


class WindowsSpec(Record):
    """How the windows of a window file are drawn, and cut out of their images."""

    fg_threshold: Number = 0.5
    """A window that overlaps an object by at least so much is foreground, of its class; 0 to 1."""
    bg_threshold: Number = 0.5
    """One that overlaps by less than this, and is no foreground, is background, of class 0; those
    between the two are never drawn."""
    fg_fraction: Fraction = 0.25
    """Share of a batch that is foreground, rounded down to whole windows; those come last in it."""
    context_pad: Size = 0
    """Pixels of the warped window, on each side, that show what surrounds it."""
    crop_mode: Literal["warp", "square"] = "warp"
    """`warp` scales a window to a square whatever its aspect, `square` first extends its shorter
    side to a square."""
    cache_images: Flag = False
    """Keep the bytes of every image's file in memory once it was read."""


class WindowSource(Protocol):
    """What is looked at of a source whose windows are drawn."""

    transform: Any
    windows: WindowsSpec | None
    records: Count | None

    @property
    def model_fields_set(self) -> set[str]:
        """The keys that are written."""
        ...


def window_contradictions(source: WindowSource, *, has_file: bool) -> Iterator[InitErrorDetails]:
    """Yield each key of a source that does not go with its `windows`.

    Args:
        source: it.
        has_file: whether it names one file.
    """
    windows = source.windows
    if windows is None:
        return
    if not has_file:
        why = "windows goes with a source that is one window file"
        yield line("PN015", why, "remove it", ("windows",), plain(windows))
    for name, why in _NOT_THESE.items():
        if name in source.model_fields_set:
            yield line("PN015", why, "remove it", (name,), getattr(source, name))
    transform = source.transform
    size = transform.crop_size if isinstance(transform, CaffeTransform) else 0
    if not isinstance(transform, CaffeTransform) and "transform" in source.model_fields_set:
        why = "with windows, transform is Caffe's map"
        yield line("PN015", why, _CROP, ("transform",), {})
    elif not size:
        yield line("PN015", "windows needs a crop_size", _CROP, ("windows",), plain(windows))
    elif 2 * windows.context_pad >= size:
        why = f"of {size} pixels nothing is left for the window between two margins of so many"
        hint = f"at most {(size - 1) // 2}"
        yield line("PN015", why, hint, ("windows", "context_pad"), windows.context_pad)


def drawn_twice(source: WindowSource) -> Iterator[InitErrorDetails]:
    """Yield the keys of a set that say another time which of its windows are drawn."""
    if source.windows is None:
        return
    for name in _DRAWN:
        value = getattr(source, name)
        if value:
            yield line("PN015", _DRAWN_ALREADY, "remove it", (name,), plain(value))
