"""Names that mean one value for good, whatever a blob's name comes to mean.

`layer:NAME` is a layer's own output, `layer:NAME.1` its second, `input:NAME` an input as it came
in.
"""

from __future__ import annotations

import re

OWN_OUTPUT = "layer:"
"""Prefix of a bottom that means a layer's own output."""
OWN_INPUT = "input:"
"""Prefix of a bottom that means an input of the net, or inside a block a bottom of the block, as it
came in."""

_FURTHER_TOP = re.compile(r"(.+)\.(\d+)")


def is_own(name: str) -> bool:
    """Return whether a name means one value for good.

    >>> is_own("layer:conv1"), is_own("input:data"), is_own("data")
    (True, True, False)
    """
    return name.startswith((OWN_OUTPUT, OWN_INPUT))


def bare(name: str) -> str:
    """Return a name without its prefix."""
    return name.removeprefix(OWN_OUTPUT).removeprefix(OWN_INPUT)


def own_output(layer: str, top: int) -> str:
    """Return the name of a layer's own output.

    >>> own_output("slice", 0), own_output("slice", 2)
    ('layer:slice', 'layer:slice.2')
    """
    return OWN_OUTPUT + layer + (f".{top}" if top else "")


def layer_and_top(name: str) -> tuple[str, int]:
    """Return which layer's output a `layer:NAME` means, and which of its tops.

    >>> layer_and_top("layer:res2a/conv"), layer_and_top("layer:slice.2"), layer_and_top("layer:.")
    (('res2a/conv', 0), ('slice', 2), ('.', 0))
    """
    found = _FURTHER_TOP.fullmatch(bare(name))
    return (found[1], int(found[2])) if found else (bare(name), 0)
