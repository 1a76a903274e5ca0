"""How blocks are written, and what is wrong with them."""

from __future__ import annotations

import pytest

from protonet.language.block import Block, first_name, known_keys, read_blocks
from protonet.problems import Problem
from tests.language.expansions import expanded, origin, refusal, refused
from tests.language.expansions import written as text_of
from tests.specs import origin_of

LAYERS = "name: ip, type: InnerProduct, num_output: 2"
RELU = "layers: [{name: r, type: ReLU}]"


def blocks_of(written: str) -> tuple[dict[str, Block], list[Problem]]:
    read = origin_of(text_of(LAYERS, blocks=written))
    marks = read.marks.children["net"].children["blocks"]
    problems: list[Problem] = []
    return read_blocks(read.data["net"]["blocks"], marks, problems), problems


def test_a_block_reads_x_and_gives_its_last_layers_top_unless_it_says_otherwise() -> None:
    blocks, problems = blocks_of(f"relu: {{{RELU}}}")
    block = blocks["relu"]
    assert problems == []
    assert (block.name, block.args, block.bottoms, block.tops) == ("relu", {}, ("x",), None)
    assert block.layers == [{"name": "r", "type": "ReLU"}]


def test_arguments_have_defaults_and_one_without_must_be_given() -> None:
    blocks, _ = blocks_of(f"b: {{args: {{out: , k: 1}}, {RELU}}}")
    assert blocks["b"].args == {"out": None, "k": 1}


@pytest.mark.parametrize("written", ["[out, k]", "{out: , k: }"])
def test_arguments_that_must_all_be_given_may_be_a_list(written: str) -> None:
    blocks, problems = blocks_of(f"b: {{args: {written}, {RELU}}}")
    assert (blocks["b"].args, problems) == ({"out": None, "k": None}, [])


def test_bottoms_and_tops_are_names_or_one_name() -> None:
    blocks, problems = blocks_of(f"b: {{bottoms: [x, skip], tops: r, {RELU}}}")
    assert (blocks["b"].bottoms, blocks["b"].tops, problems) == (("x", "skip"), ("r",), [])


def test_a_block_may_read_nothing() -> None:
    assert blocks_of(f"b: {{bottoms: [], {RELU}}}")[0]["b"].bottoms == ()


def test_an_instance_may_have_its_blocks_arguments_and_some_keys_of_layers() -> None:
    blocks, _ = blocks_of(f"b: {{args: {{out: }}, {RELU}}}")
    assert list(known_keys(blocks["b"])) == [
        *("out", "name", "type", "bottom", "top", "phase", "include", "exclude", "frozen"),
        *("if", "repeat", "share"),
    ]


def test_a_net_without_blocks_has_none() -> None:
    problems: list[Problem] = []
    assert (read_blocks(None, None, problems), problems) == ({}, [])
    assert expanded(LAYERS, blocks="").plan is not None


def test_blocks_that_are_no_map_are_refused() -> None:
    text = "net:\n  blocks: [1]\n  layers: []\n"
    problems: list[Problem] = []
    read = origin_of(text)
    marks = read.marks.children["net"].children["blocks"]
    assert read_blocks([1], marks, problems) == {}
    assert [problem.render() for problem in problems] == [
        "error[PN010] net.yaml:2:11 net.blocks: a map is needed\n"
        "    2 |   blocks: [1]\n"
        "      |           ^^^\n"
        "      see: protonet explain PN010"
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "b: 3",
            "error[PN010] net.yaml:4:8 net.blocks.b: a map is needed\n"
            "    4 |     b: 3\n"
            "      |        ^\n"
            "      a block is written {args: {…}, layers: […]}  see: protonet explain PN010",
        ),
        (
            "b: {args: {out: }}",
            "error[PN011] net.yaml:4:5 net.blocks.b.layers: missing\n"
            "    4 |     b: {args: {out: }}\n"
            "      |     ^\n"
            "      see: protonet explain PN011",
        ),
        (
            "b: {layers: 3}",
            "error[PN010] net.yaml:4:17 net.blocks.b.layers: a list is needed\n"
            "    4 |     b: {layers: 3}\n"
            "      |                 ^\n"
            "      see: protonet explain PN010",
        ),
        (
            "b: {layers: []}",
            "error[PN033] net.yaml:4:17 net.blocks.b.layers: a block has at least one layer\n"
            "    4 |     b: {layers: []}\n"
            "      |                 ^^\n"
            "      see: protonet explain PN033",
        ),
        (
            f"b: {{argz: {{out: }}, {RELU}}}",
            "error[PN012] net.yaml:4:9 net.blocks.b.argz: unknown key\n"
            "    4 |     b: {argz: {out: }, layers: [{name: r, type: ReLU}]}\n"
            "      |         ^^^^\n"
            "      did you mean args?                        see: protonet explain PN012",
        ),
        (
            f"b: {{bottoms: [x, 3], {RELU}}}",
            "error[PN010] net.yaml:4:18 net.blocks.b.bottoms: a list of names is needed\n"
            "    4 |     b: {bottoms: [x, 3], layers: [{name: r, type: ReLU}]}\n"
            "      |                  ^^^^^^\n"
            "      see: protonet explain PN010",
        ),
        (
            f"b: {{tops: {{r: 1}}, {RELU}}}",
            "error[PN010] net.yaml:4:15 net.blocks.b.tops: a list of names is needed\n"
            "    4 |     b: {tops: {r: 1}, layers: [{name: r, type: ReLU}]}\n"
            "      |               ^^^^^^\n"
            "      see: protonet explain PN010",
        ),
        (
            f"b: {{args: 3, {RELU}}}",
            "error[PN010] net.yaml:4:15 net.blocks.b.args: a map is needed\n"
            "    4 |     b: {args: 3, layers: [{name: r, type: ReLU}]}\n"
            "      |               ^\n"
            "      {out: , stride: 1}                        see: protonet explain PN010",
        ),
        (
            f"b: {{args: {{name: }}, {RELU}}}",
            "error[PN033] net.yaml:4:16 net.blocks.b.args.name: "
            "name is a key that every layer has, so it can be no argument\n"
            "    4 |     b: {args: {name: }, layers: [{name: r, type: ReLU}]}\n"
            "      |                ^^^^\n"
            "      see: protonet explain PN033",
        ),
        (
            f"b: {{args: {{index: 1}}, {RELU}}}",
            "error[PN033] net.yaml:4:16 net.blocks.b.args.index: "
            "index cannot be the name of an argument\n"
            "    4 |     b: {args: {index: 1}, layers: [{name: r, type: ReLU}]}\n"
            "      |                ^^^^^\n"
            "      see: protonet explain PN033",
        ),
        (
            f"b: {{args: [2x], {RELU}}}",
            "error[PN033] net.yaml:4:16 net.blocks.b.args.2x: "
            "2x cannot be the name of an argument\n"
            "    4 |     b: {args: [2x], layers: [{name: r, type: ReLU}]}\n"
            "      |                ^^\n"
            "      see: protonet explain PN033",
        ),
    ],
)
def test_a_block_that_is_wrong_is_refused(written: str, told: str) -> None:
    assert refused(LAYERS, blocks=written) == [told]


def test_a_block_is_wrong_once_however_often_it_is_used() -> None:
    uses = ("name: a, type: b, out: 3", "name: c, type: b", "name: e, type: ReLU, bottom: a/r")
    assert refusal(*uses, blocks="b: {layers: []}") == (
        "error[PN033] net.yaml:4:17 net.blocks.b.layers: a block has at least one layer\n"
        "    4 |     b: {layers: []}\n"
        "      |                 ^^\n"
        "      see: protonet explain PN033\n"
        "1 error in net.yaml"
    )


def test_marks_of_a_block_are_where_it_is_written() -> None:
    read = origin(LAYERS, blocks=f"b: {{{RELU}}}")
    marks = read.marks.children["net"].children["blocks"]
    assert str(read_blocks(read.data["net"]["blocks"], marks, [])["b"].marks.key) == "net.yaml:4:5"


@pytest.mark.parametrize(
    ("value", "name"),
    [("a", "a"), (["a", "b"], "a"), ([], None), (None, None), ([1, "b"], None), (3, None)],
)
def test_the_first_name_of_a_top_or_bottom(value: object, name: str | None) -> None:
    assert first_name(value) == name
