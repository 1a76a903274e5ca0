"""Nets with blocks, and what they come to, for the tests of the language.

Layers are written as `name: d, type: dense, out: 4`, blocks as they stand below `blocks:`.
"""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from protonet.errors import SpecError
from protonet.language import Expanded, expand
from protonet.schema import Spec
from protonet.source import Origin
from protonet.spec.names import Names
from protonet.spec.state import Phase
from protonet.spec.wiring import Wirer
from tests.kinds import KINDS
from tests.specs import origin_of, spec_of

DENSE = """\
dense:
  args: {out: , act: true}
  layers:
    - {name: ip, type: InnerProduct, num_output: $out}
    - {name: relu, type: ReLU, if: $act}
"""
"""A block of two layers, the second switched by an argument."""
INPUTS = "{data: [4], label: {shape: [], dtype: int64}}"


def written(*layers: str, blocks: str = DENSE, head: str = "", inputs: str = INPUTS) -> str:
    """Return the text of a spec; `head` stands above its net."""
    lines = "".join(f"    - {{{layer}}}\n" for layer in layers)
    inside = indent(dedent(blocks).strip("\n"), "    ")
    below = f"  blocks:\n{inside}\n" if blocks else ""
    return f"{head}net:\n  inputs: {inputs}\n{below}  layers:\n{lines}"


def origin(*layers: str, blocks: str = DENSE, head: str = "") -> Origin:
    """Return such a spec as it is read."""
    return origin_of(written(*layers, blocks=blocks, head=head))


def expansion(*layers: str, blocks: str = DENSE, head: str = "") -> Expanded:
    """Return such a spec expanded, right or wrong."""
    return expand(origin(*layers, blocks=blocks, head=head))


def expanded(*layers: str, blocks: str = DENSE, head: str = "") -> Expanded:
    """Return such a spec expanded; nothing must be wrong with it."""
    found = expansion(*layers, blocks=blocks, head=head)
    assert [problem.render() for problem in found.problems] == []
    return found


def flat(*layers: str, blocks: str = DENSE, head: str = "") -> list[dict[str, Any]]:
    """Return the layers that are left of such a net; nothing must be wrong with it."""
    found = expanded(*layers, blocks=blocks, head=head)
    return [dict(layer) for layer in found.data["net"]["layers"]]


def refused(*layers: str, blocks: str = DENSE) -> list[str]:
    """Return what the expansion finds wrong in such a net."""
    return [problem.render() for problem in expansion(*layers, blocks=blocks).problems]


def loaded(
    *layers: str,
    blocks: str = DENSE,
    head: str = "",
    inputs: str = INPUTS,
    overrides: tuple[str, ...] = (),
) -> Spec:
    """Return such a spec, checked; it may have the layer types of the tests."""
    text = written(*layers, blocks=blocks, head=head, inputs=inputs)
    return spec_of(text, *overrides, layers=KINDS)


def refusal(*layers: str, blocks: str = DENSE, overrides: tuple[str, ...] = ()) -> str:
    """Return what a person is told of such a net, which must be wrong."""
    with pytest.raises(SpecError) as caught:
        spec_of(written(*layers, blocks=blocks), *overrides)
    return str(caught.value)


def names(*layers: str, blocks: str = DENSE) -> Names:
    """Return what the bottoms of such a net are called."""
    net = loaded(*layers, blocks=blocks).net
    return Names(net, net.types)


def reads(spec: Spec, phase: Phase = "train") -> dict[str, list[str]]:
    """Return what each layer reads: the layer that made it, or the input."""
    wiring = Wirer(spec.net, KINDS).wire(spec.net.net_state(phase))
    makers = {top: node.layer.name for node in wiring.nodes for top in node.tops}
    return {
        node.layer.name: [makers.get(value, value.blob) for value in node.bottoms]
        for node in wiring.nodes
    }
