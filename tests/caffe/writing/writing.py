"""Nets of a few lines, as Caffe has them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from protonet.caffe.writing.net import Written, write_net
from protonet.caffe.writing.text import text_of
from protonet.errors import PathErrors
from protonet.net import prove_phases
from protonet.spec.state import Phase
from tests.specs import net_of

IMAGES = "{data: [2, 4, 4]}"


def written(
    *lines: str, inputs: str = IMAGES, phases: Sequence[Phase] = ("deploy",), batch: int = 1
) -> Written:
    """Return a net of these layers, as Caffe has it."""
    net = net_of(*lines, inputs=inputs)
    forms = prove_phases(net)
    kept = {phase: forms[phase] for phase in phases}
    return write_net(net, kept, dict.fromkeys(phases, batch))


def prototxt(*lines: str, inputs: str = IMAGES, phases: Sequence[Phase] = ("deploy",)) -> str:
    """Return the layers of a net's prototxt, less the inputs, in one line each."""
    text = text_of(written(*lines, inputs=inputs, phases=phases).message)
    layers = text.split("layer {\n")[1:]
    plain = [" ".join(layer.rsplit("}\n", 1)[0].split()) for layer in layers]
    return "\n".join(layer for layer in plain if 'type: "Input"' not in layer)


def refusals(*lines: str, inputs: str = IMAGES, phases: Sequence[Phase] = ("deploy",)) -> list[str]:
    """Return everything that Caffe has not, each with its place and what could be done."""
    with pytest.raises(PathErrors) as caught:
        written(*lines, inputs=inputs, phases=phases)
    return [
        f"{'.'.join(map(str, one.path))}: {one.why}" + (f" ({one.hint})" if one.hint else "")
        for one in caught.value.errors
    ]
