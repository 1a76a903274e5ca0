"""The steps of recurrent layers are drawn between the layers around them, with an arrow back."""

from __future__ import annotations

from protonet.look.dot import dot_text
from protonet.look.forms import prove_net
from protonet.look.opened import opened
from protonet.look.picture import Arrow, picture
from tests.specs import spec_of

TEXT = """\
net:
  inputs: {data: [T, N, 3], h0: [5]}
  blocks:
    step:
      bottoms: [x, h]
      tops: [h_t]
      layers:
        - {name: both, type: Concat, bottom: [x, h]}
        - {name: ip, type: InnerProduct, num_output: 5}
        - {name: h_t, type: TanH}
    outer:
      bottoms: [x, h]
      layers:
        - {name: inner, type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, h]}}
  layers:
"""
ONE = "    - {name: r, type: Recurrent, block: step, over: {x: data}, carry: {h: [h_t, h0]}}\n"


def proved(layers: str, inputs: str = "[T, N, 3]") -> tuple[list[str], list[tuple[str, ...]]]:
    net = prove_net(spec_of(TEXT.replace("[T, N, 3]", inputs) + layers).net, "train")
    nodes = opened(net).net.wiring.nodes
    return (
        [node.layer.name for node in nodes],
        [tuple(value.blob for value in node.bottoms) for node in nodes],
    )


def test_a_step_reads_what_is_outside_and_what_the_step_before_hands_on() -> None:
    names, reads = proved(ONE)
    assert names == ["r/both", "r/ip", "r/h_t", "r"]
    assert reads == [("data", "h0", "h"), ("r/both",), ("r/ip",), ("r/h_t",)]


def test_steps_in_steps_are_laid_open_too() -> None:
    line = "    - {name: r, type: Recurrent, block: outer, over: {x: data}, constant: {h: h0}}\n"
    names, reads = proved(line, "[S, T, N, 3]")
    assert names == ["r/inner/both", "r/inner/ip", "r/inner/h_t", "r/inner", "r"]
    assert reads[0] == ("data", "h0", "h")
    assert reads[-1] == ("r/inner",)


def test_the_arrow_back_is_dashed_and_stands_in_the_frame_of_the_layer() -> None:
    drawn = picture(prove_net(spec_of(TEXT + ONE).net, "train"), "title")
    assert {(box.title, box.frames) for box in drawn.boxes} == {
        *(("data", ()), ("h0", ()), ("both", ("r",)), ("ip", ("r",)), ("r", ("r",)), ("r", ())),
    }
    assert drawn.arrows == (
        Arrow("input data", "layer 0", ""),
        Arrow("input h0", "layer 0", ""),
        Arrow("layer 1", "layer 0", "h", returns=True),
        Arrow("layer 0", "layer 1", "8"),
        Arrow("layer 1", "layer 3", "5"),
        Arrow("layer 3", "output r 3", ""),
    )
    assert '[label=" h ", style=dashed, constraint=false];' in dot_text(drawn)


def test_a_closed_block_points_at_itself() -> None:
    drawn = picture(prove_net(spec_of(TEXT + ONE).net, "train"), "title", 0)
    assert Arrow("block r", "block r", "h", returns=True) in drawn.arrows
    assert [box.lines for box in drawn.boxes if box.key == "block r"] == [("4 layers",)]
