"""Where a point of one blob lies in another, and the Crop that lays one upon the other.

Each layer maps a place along an axis to another one, x ↦ a·x + b; a net, to what they make in turn.
Source: Caffe, python/caffe/coord_map.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from protonet.errors import UsageError
from protonet.pycaffe.net_spec import Function, Top
from protonet.pycaffe.net_spec import layers as L  # what everyone calls them

PASS_THROUGH_LAYERS = (
    *("AbsVal", "BatchNorm", "Bias", "BNLL", "Dropout", "Eltwise", "ELU", "Exp", "Log", "LRN"),
    *("MVN", "Power", "PReLU", "ReLU", "Scale", "Sigmoid", "Softmax", "Split", "TanH"),
    "Threshold",
)
"""Types that leave every point where it is."""

_SLIDES = ("Convolution", "Pooling", "Im2col", "Deconvolution")
_MESSAGES = {"Pooling": "pooling_param", "Crop": "crop_param"}


class UndefinedMapException(UsageError):  # pycaffe's name
    """A layer that maps no point to another."""


class AxisMismatchException(UsageError):  # pycaffe's name
    """Layers that map points along different axes."""


@dataclass(frozen=True, slots=True)
class _Map:
    """x ↦ a·x + b for every axis from `axis` on; None: for all alike."""

    axis: int | None
    a: tuple[Fraction, ...]
    b: tuple[Fraction, ...]

    def after(self, first: _Map) -> _Map:
        """Return what this map makes of another one's result.

        Raises: AxisMismatchException.
        """
        axes = {one.axis for one in (self, first) if one.axis is not None}
        if len(axes) > 1:
            raise AxisMismatchException(f"points are mapped along axes from {sorted(axes)} on")
        count = max(len(self.a), len(first.a))
        a2, b2, a1, b1 = (_widened(one, count) for one in (self.a, self.b, first.a, first.b))
        a = tuple(x * y for x, y in zip(a2, a1, strict=True))
        b = tuple(x * y + z for x, y, z in zip(a2, b1, b2, strict=True))
        return _Map(next(iter(axes), None), a, b)

    def inverse(self) -> _Map:
        """Return the way back."""
        a = tuple(1 / one for one in self.a)
        return _Map(self.axis, a, tuple(-y / x for x, y in zip(self.a, self.b, strict=True)))


_SAME = _Map(None, (Fraction(1),), (Fraction(0),))


def _widened(values: tuple[Fraction, ...], count: int) -> tuple[Fraction, ...]:
    return values * count if len(values) == 1 else values


def coord_map_from_to(top_from: Top, top_to: Top) -> tuple[int | None, list[float], list[float]]:
    """Return axis, a and b of the map from the points of one blob to those of another.

    Raises: UsageError if the two have no layer above them in common.
    """
    found = _from_to(top_from, top_to)
    return found.axis, [float(one) for one in found.a], [float(one) for one in found.b]


def crop(top_from: Top, top_to: Top) -> Any:
    """Return the Crop of one blob to where another lies in it.

    Raises: UsageError if the two have different scales, or the offset is below 0 or no whole
        number.
    """
    found = _from_to(top_from, top_to)
    if any(one != 1 for one in found.a):
        raise UsageError(f"crop: scale mismatch: {', '.join(map(str, found.a))}, not 1")
    if any(one > 0 for one in found.b):
        raise UsageError("crop: the second blob begins before the first one")
    if any(one.denominator != 1 for one in found.b):
        raise UsageError(f"crop: the offset {', '.join(map(str, found.b))} is no whole number")
    axis = 1 if found.axis is None else found.axis
    offset = [int(-one) for one in found.b]
    return L.Crop(top_from, top_to, crop_param={"axis": axis + 1, "offset": offset})


def _from_to(top_from: Top, top_to: Top) -> _Map:
    below = _maps_above(top_from)
    waiting: list[tuple[Top, _Map]] = [(top_to, _SAME)]
    seen: set[Top] = set()
    while waiting:
        top, so_far = waiting.pop(0)
        if top in below:
            # from the common point down to each of the two
            return so_far.after(below[top].inverse())
        if top in seen:
            continue
        seen.add(top)
        waiting += [(one, so_far.after(_map_of(top.fn))) for one in _mapped(top.fn)]
    raise UsageError("coord_map: the two blobs have no layer above them in common")


def _maps_above(top: Top) -> dict[Top, _Map]:
    """Return the map from each blob above to this one, as far as layers have one."""
    found, waiting = {top: _SAME}, [top]
    while waiting:
        lower = waiting.pop(0)
        try:
            step = _map_of(lower.fn)
        except UndefinedMapException:
            continue
        for upper in _mapped(lower.fn):
            if upper not in found:
                found[upper] = found[lower].after(step)
                waiting.append(upper)
    return found


def _mapped(function: Function) -> tuple[Top, ...]:
    """Return the bottoms whose points a layer maps: of a Crop, the first only."""
    return function.inputs[:1] if function.type_name == "Crop" else function.inputs


def _map_of(function: Function) -> _Map:
    """Return the map from a layer's bottom to its top.

    Raises: UndefinedMapException.
    """
    kind = function.type_name
    if kind in PASS_THROUGH_LAYERS:
        return _SAME
    keys = {**function.params, **function.params.get(_message_of(kind), {})}
    if kind in _SLIDES:
        return _sliding(kind, keys)
    if kind == "Crop":
        offsets = tuple(Fraction(-one) for one in _listed(keys.get("offset", 0)))
        return _Map(keys.get("axis", 2) - 1, (Fraction(1),) * len(offsets), offsets)
    raise UndefinedMapException(f"coord_map: a layer of type {kind} maps no point to another")


def _message_of(kind: str) -> str:
    return _MESSAGES.get(kind, "convolution_param")


def _sliding(kind: str, keys: dict[str, Any]) -> _Map:
    if any(f"{key}_{side}" in keys for key in ("kernel", "stride", "pad") for side in "hw"):
        raise UndefinedMapException(f"coord_map: a {kind} by kernel_h and kernel_w has no map")
    sizes, strides, pads, dilations = (
        [Fraction(one) for one in _listed(keys.get(key, default))]
        for key, default in (("kernel_size", 1), ("stride", 1), ("pad", 0), ("dilation", 1))
    )
    count = max(map(len, (sizes, strides, pads, dilations)))
    wide = [_widened(tuple(one), count) for one in (sizes, strides, pads, dilations)]
    places = list(zip(*wide, strict=True))
    if kind == "Deconvolution":
        a = tuple(stride for _, stride, _, _ in places)
        b = tuple(dilation * (size - 1) / 2 - pad for size, _, pad, dilation in places)
    else:
        a = tuple(1 / stride for _, stride, _, _ in places)
        b = tuple((pad - dilation * (size - 1) / 2) / s for size, s, pad, dilation in places)
    return _Map(keys.get("axis", 1), a, b)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
