"""What follows from a net alone is found once and kept with it: checking, proving and doubting a
net all ask for its wirings and for whose parameters are one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from protonet.spec.net import NetSpec
from protonet.spec.sharing import Sharing
from protonet.spec.wiring import Wirer

Found = TypeVar("Found")


def wirer_of(net: NetSpec) -> Wirer:
    """Return what wires a net by its own table of layer types."""
    return _kept(net, Wirer)


def sharing_of(net: NetSpec) -> Sharing:
    """Return which parameters of a net are one, by its own table of layer types."""
    return _kept(net, Sharing)


def _kept(net: NetSpec, make: Callable[..., Found]) -> Found:
    known, kept = net.cache.get(make, (None, None))
    if known is not net:  # a copy holds what was found for its original
        kept = make(net, net.types)
        net.cache[make] = (net, kept)
    found: Found = kept
    return found
