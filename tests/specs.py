"""Specs from texts, for tests that need no file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.problems import SourceText
from protonet.schema import Spec, Tables, check_spec
from protonet.source import Origin
from protonet.source.yaml_text import read_yaml
from protonet.spec.net import NetSpec

NAME = "net.yaml"
"""What errors call the text."""
INPUTS = "{data: [1, 28, 28], label: {shape: [], dtype: int64}}"
"""Images and a label each, as MNIST has them."""


def origin_of(text: str) -> Origin:
    """Return what `read_source` gives for a file of this text."""
    reading = read_yaml(text, SourceText(NAME, tuple(text.splitlines())))
    return Origin(NAME, Path(), reading.data, reading.marks, reading.problems)


def spec_of(text: str, *overrides: str, layers: Mapping[str, LayerType] = LAYERS) -> Spec:
    """Return the spec of an indented text."""
    return check_spec(origin_of(dedent(text)).overridden(overrides), Tables(layers))


def net_of(
    *lines: str,
    inputs: str = INPUTS,
    defaults: str = "{}",
    layers: Mapping[str, LayerType] = LAYERS,
) -> NetSpec:
    """Return a net of layers written as `name: ip, type: InnerProduct, num_output: 10`."""
    written = "".join(f"    - {{{line}}}\n" for line in lines)
    head = f"net:\n  inputs: {inputs}\n  defaults: {defaults}\n  layers:\n"
    return spec_of(head + (written or "    []\n"), layers=layers).net
