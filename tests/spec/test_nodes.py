"""A wired net knows its layers, those in the steps of recurrent ones too."""

from __future__ import annotations

from protonet.spec.nodes import Body, Node, Wiring, all_nodes
from protonet.spec.wiring import Wirer
from tests.specs import spec_of

TEXT = """\
net:
  inputs: {data: [4], h0: [4]}
  blocks:
    step:
      bottoms: [x, h]
      tops: [h_t]
      layers:
        - {name: unread, type: ReLU, bottom: x}
        - {name: h_t, type: Eltwise, bottom: [x, h]}
    outer:
      bottoms: [x, h]
      layers:
        - {name: inner, type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, h]}}
  layers:
    - {name: first, type: TanH, bottom: data}
    - {name: r, type: Recurrent, block: outer, over: {x: first}, constant: {h: h0}}
"""


def wired() -> Wiring:
    net = spec_of(TEXT).net
    return Wirer(net, net.types).wire(net.net_state("train"))


def body_of(node: Node) -> Body:
    assert node.body is not None
    return node.body


def test_layers_of_steps_come_before_the_recurrent_layer() -> None:
    names = [node.layer.name for node in wired().all_nodes()]
    assert names == ["first", "r/inner/unread", "r/inner/h_t", "r/inner", "r"]
    assert [node.layer.name for node in wired().nodes] == ["first", "r"]
    assert list(all_nodes(())) == []


def test_what_is_taken_of_a_step_is_read() -> None:
    wiring = wired()
    inner = body_of(wiring.nodes[1]).nodes[0]
    unread, last = body_of(inner).nodes
    assert body_of(inner).taken() == frozenset(last.tops)
    assert not wiring.all_read().intersection(unread.tops)
    assert wiring.all_read().issuperset((*last.tops, *inner.tops, *wiring.nodes[0].tops))
    assert list(wiring.read_inputs()) == ["data", "h0"]


def test_a_step_has_values_of_its_own() -> None:
    body = body_of(wired().nodes[1])
    assert [value.blob for value in body.inputs.values()] == ["x", "h"]
    assert (body.top_names, body.carried_names) == ((("inner", "layer:inner"),), ())
