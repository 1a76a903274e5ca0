from __future__ import annotations

from protonet.look.dot import dot_text
from protonet.look.picture import Arrow, Box, Picture

PICTURE = Picture(
    'a "net"',
    (
        Box("input data", "data", ("1×28×28",), "input"),
        Box("layer 0", "conv<1>", ("Convolution 20, 5×5",), "convolution"),
        Box("layer 1", "a", ("ReLU",), "activation", ("res", "res/inner")),
        Box("layer 2", "b", (), "other", ("res",)),
    ),
    (
        Arrow("input data", "layer 0", ""),
        Arrow("layer 0", "layer 1", "20×24×24"),
        Arrow("layer 1", "layer 2", 'b"\\'),
    ),
)


def test_boxes_arrows_and_frames() -> None:
    lines = [line.strip() for line in dot_text(PICTURE).splitlines()]
    assert lines[0] == "digraph net {"
    assert lines[1].startswith('graph [rankdir=TB, label="a \\"net\\"", ')
    assert lines[4:] == [
        'n0 [label=<<b>data</b><br/><font point-size="9.5">1×28×28</font>>, fillcolor="#ffffff",'
        ' shape=oval, margin="0.05,0.03"];',
        'n1 [label=<<b>conv&lt;1&gt;</b><br/><font point-size="9.5">Convolution 20, 5×5</font>>,'
        ' fillcolor="#cfe2f7"];',
        'subgraph "cluster res" {',
        'label="res"; fontsize=12; labeljust=l; margin=10;',
        'style="rounded,filled"; fillcolor="#f7f9fb"; color="#c5ced6";',
        'n3 [label=<<b>b</b>>, fillcolor="#f2f2f2"];',
        'subgraph "cluster res res/inner" {',
        'label="inner"; fontsize=12; labeljust=l; margin=10;',
        'style="rounded,filled"; fillcolor="#eef2f6"; color="#c5ced6";',
        'n2 [label=<<b>a</b><br/><font point-size="9.5">ReLU</font>>, fillcolor="#f8eebc"];',
        "}",
        "}",
        "n0 -> n1;",
        'n1 -> n2 [label=" 20×24×24 "];',
        'n2 -> n3 [label=" b\\"\\\\ "];',
        "}",
    ]


def test_data_may_flow_to_the_right() -> None:
    assert "rankdir=LR" in dot_text(PICTURE, "LR")
