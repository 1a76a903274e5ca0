"""What is known of a net, of its steps too."""

from __future__ import annotations

from protonet.net import prove_phases
from protonet.net.proof import KeyRefused
from tests.specs import spec_of

TEXT = """\
net:
  inputs: {data: [T, N, 4]}
  blocks:
    step:
      layers: [{name: relu, type: ReLU}, {name: ip, type: InnerProduct, num_output: 3}]
  layers:
    - {name: r, type: Recurrent, block: step, over: {x: data}}
    - {name: tanh, type: TanH}
"""


def test_every_layer_is_there_with_its_module_and_the_shapes_around_it() -> None:
    form = prove_phases(spec_of(TEXT).net)["train"]
    leaves = list(form.leaves())
    assert [leaf.node.layer.name for leaf in leaves] == ["r/relu", "r/ip", "r", "tanh"]
    assert [leaf.proof.axes(leaf.node.tops[0]) for leaf in leaves] == [
        *(("N", 4), ("N", 3), ("T", "N", 3), ("T", "N", 3)),
    ]
    assert [type(leaf.module).__name__ for leaf in leaves[2:]] == ["Recurrent", "Tanh"]
    assert form.layer_count == 4


def test_a_refusal_may_concern_one_key() -> None:
    error = KeyRefused(("over", "x"), "why", "hint")
    assert (error.key, error.why, error.hint) == (("over", "x"), "why", "hint")
