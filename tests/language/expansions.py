"""Expanded texts, for the tests of the language."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from protonet.errors import SpecError
from protonet.language import Expanded, expand
from protonet.source import Origin
from protonet.spec.names import Names
from tests.specs import origin_of, spec_of

HEAD = """\
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
"""


def net_text(layers: str, blocks: str = "") -> str:
    """Return the text of a net of these layers and blocks, each indented as it likes."""
    written = f"  blocks:\n{_indented(blocks)}" if blocks else ""
    return f"{HEAD}{written}  layers:\n{_indented(layers)}"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(text).strip("\n").splitlines())


def origin(layers: str, blocks: str = "") -> Origin:
    """Return such a net as it is read."""
    return origin_of(net_text(layers, blocks))


def expanded(layers: str, blocks: str = "") -> Expanded:
    """Return such a net expanded, which must be right."""
    found = expand(origin(layers, blocks))
    assert [problem.render() for problem in found.problems] == []
    return found


def flat(layers: str, blocks: str = "") -> list[dict[str, Any]]:
    """Return the layers that are left of such a net."""
    return [dict(layer) for layer in expanded(layers, blocks).data["net"]["layers"]]


def refused(layers: str, blocks: str = "") -> list[str]:
    """Return what the expansion finds wrong in such a net."""
    return [problem.render() for problem in expand(origin(layers, blocks)).problems]


def refused_spec(layers: str, blocks: str = "", *overrides: str) -> str:
    """Return what a person is told of such a net, which must be wrong."""
    with pytest.raises(SpecError) as caught:
        spec_of(net_text(layers, blocks), *overrides)
    return str(caught.value)


def names(layers: str, blocks: str = "") -> Names:
    """Return what the bottoms of such a net are called."""
    spec = spec_of(net_text(layers, blocks))
    return Names(spec.net, spec.net.types)
