"""Nets with blocks, and what they come to."""

from __future__ import annotations

from typing import Any

from protonet.errors import SpecError
from protonet.language import Expanded, expand
from protonet.schema import Spec
from protonet.spec.state import Phase
from protonet.spec.wiring import Wirer
from tests.kinds import KINDS
from tests.specs import INPUTS, origin_of, spec_of

DENSE = """\
    dense:
      args: {out: , act: true}
      layers:
        - {name: ip, type: InnerProduct, num_output: $out}
        - {name: relu, type: ReLU, if: $act}
"""
"""A block of two layers, the second switched by an argument."""


def written(*layers: str, blocks: str = DENSE, head: str = "", inputs: str = INPUTS) -> str:
    """Return the text of a spec: its layers are written `name: d, type: dense, out: 4`."""
    lines = "".join(f"    - {{{layer}}}\n" for layer in layers)
    return f"{head}net:\n  inputs: {inputs}\n  blocks:\n{blocks or '    {}'}\n  layers:\n{lines}"


def expanded(*layers: str, blocks: str = DENSE, head: str = "") -> Expanded:
    """Return the expansion of a net."""
    return expand(origin_of(written(*layers, blocks=blocks, head=head)))


def flat(*layers: str, blocks: str = DENSE, head: str = "") -> list[dict[str, Any]]:
    """Return the layers of a net without blocks; nothing must be wrong with it."""
    found = expanded(*layers, blocks=blocks, head=head)
    assert found.problems == ()
    return [dict(layer) for layer in found.data["net"]["layers"]]


def loaded(
    *layers: str,
    blocks: str = DENSE,
    head: str = "",
    inputs: str = INPUTS,
    overrides: tuple[str, ...] = (),
) -> Spec:
    """Return the checked spec of a net."""
    text = written(*layers, blocks=blocks, head=head, inputs=inputs)
    return spec_of(text, *overrides, layers=KINDS)


def reads(spec: Spec, phase: Phase = "train") -> dict[str, list[str]]:
    """Return what each layer reads: the layer that made it, or the input."""
    wiring = Wirer(spec.net, KINDS).wire(spec.net.net_state(phase))
    makers = {top: node.layer.name for node in wiring.nodes for top in node.tops}
    return {
        node.layer.name: [makers.get(value, value.blob) for value in node.bottoms]
        for node in wiring.nodes
    }


def refusal(*layers: str, blocks: str = DENSE, head: str = "") -> str:
    """Return what is told of a net that is wrong; nothing where it is not."""
    try:
        loaded(*layers, blocks=blocks, head=head)
    except SpecError as error:
        return str(error)
    return ""
