"""A spec that is expanded still knows where everything was written."""

from __future__ import annotations

import pytest

from protonet.language import LayerData
from tests.language.expansions import expanded

BLOCKS = """\
fc:
  args: {out: 3}
  layers: [{name: ip, type: InnerProduct, num_output: $out}]
pair:
  layers: [{name: a, type: fc}, {name: b, type: fc, bottom: x}]
"""
SPEC = expanded("name: ip, type: ReLU", "name: p, type: pair, bottom: ip", blocks=BLOCKS)
IN_B = (
    "in block fc, used as p/b in net.yaml:8:53",
    "in block pair, used as p in net.yaml:11:23",
)


@pytest.mark.parametrize(
    ("path", "trail"),
    [
        (("net", "layers", 0), ()),
        (("net", "layers", 2, "num_output"), IN_B),
        (("net", "frames", 0), ()),
        (("net", "frames", 2, "bottom"), IN_B[1:]),
        (("net", "layers"), ()),
        (("net", "layers", 9), ()),
        (("solver", "base_lr"), ()),
    ],
)
def test_a_path_leads_to_the_uses_of_blocks_that_made_it(
    path: tuple[str | int, ...], trail: tuple[str, ...]
) -> None:
    assert SPEC.trail(path) == trail


def test_an_inner_layer_stands_where_its_block_is_written() -> None:
    marks, below = SPEC.marks_at(("net", "layers", 1, "num_output"))
    assert str(marks.locate(below)) == "net.yaml:6:59"


def test_an_instance_stands_where_it_is_used() -> None:
    marks, below = SPEC.marks_at(("net", "frames", 0, "bottom"))
    assert below == ("bottom",)
    assert str(marks.locate(below)) == "net.yaml:11:37"


def test_a_layers_data_hides_what_is_no_key() -> None:
    data = LayerData(name="ip")
    assert (data, data.hidden) == ({"name": "ip"}, {})
