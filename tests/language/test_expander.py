"""Blocks, `repeat`, `if` and `share` → a flat net."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from tests.language.expansions import DENSE, expansion, flat, loaded, refusal

NEST = (
    DENSE
    + "pair: {args: {n: }, layers: [{name: a, type: dense, out: $n}, "
    + ("{name: b, type: dense, out: $(2 * n), act: false}]}\n")
)


def names(*layers: str, blocks: str = DENSE, head: str = "") -> list[str]:
    return [layer["name"] for layer in flat(*layers, blocks=blocks, head=head)]


def test_an_instance_becomes_its_layers_under_its_name() -> None:
    assert flat("name: d, type: dense, out: 4") == [
        {"name": "d/ip", "type": "InnerProduct", "num_output": 4},
        {"name": "d/relu", "type": "ReLU"},
    ]


def test_blocks_nest_and_hand_their_arguments_on() -> None:
    layers = flat("name: p, type: pair, n: 3", blocks=NEST)
    assert [(layer["name"], layer.get("num_output")) for layer in layers] == [
        ("p/a/ip", 3),
        ("p/a/relu", None),
        ("p/b/ip", 6),
    ]


def test_the_layer_of_the_name_dot_takes_the_name_of_its_instance() -> None:
    block = "k: {layers: [{name: ., type: InnerProduct, num_output: 3}, {name: r, type: ReLU}]}"
    assert names("name: d, type: k", blocks=block) == ["d", "d/r"]


def test_an_instance_of_the_name_dot_lies_directly_in_its_own() -> None:
    block = DENSE + "k: {layers: [{name: ., type: dense, out: 3}]}"
    assert names("name: d, type: k", blocks=block) == ["d/ip", "d/relu"]


def test_a_repeated_layer_is_numbered_from_one_and_its_index_from_zero() -> None:
    layers = flat("name: d, type: InnerProduct, num_output: $(10 + index), repeat: 3")
    assert [(layer["name"], layer["num_output"]) for layer in layers] == [
        ("d_1", 10),
        ("d_2", 11),
        ("d_3", 12),
    ]


def test_the_index_is_known_inside_a_repeated_block() -> None:
    block = "k: {layers: [{name: ip, type: InnerProduct, num_output: $(index + 1)}]}"
    layers = flat("name: d, type: k, repeat: 2", blocks=block)
    assert [layer["num_output"] for layer in layers] == [1, 2]


def test_what_is_switched_off_or_repeated_no_times_leaves_no_layer() -> None:
    assert names(
        "name: a, type: dense, out: 4, if: false",
        "name: b, type: ReLU, repeat: 0",
        "name: c, type: ReLU, if: true",
    ) == ["c"]


def test_the_layers_of_what_is_switched_off_are_not_computed() -> None:
    assert names("name: a, type: dense, out: $(1 // 0), if: false", "name: c, type: ReLU") == ["c"]


def test_a_top_inside_a_block_has_the_name_of_the_instance_before_it() -> None:
    block = "k: {layers: [{name: ip, type: InnerProduct, num_output: 3, top: y}]}"
    assert flat("name: d, type: k", blocks=block)[0]["top"] == ["d/y"]


def test_phase_and_frozen_of_an_instance_are_those_of_its_layers() -> None:
    layers = flat("name: d, type: dense, out: 4, phase: train, frozen: true")
    assert [(layer["phase"], layer["frozen"]) for layer in layers] == [("train", True)] * 2


def test_variables_and_types_may_be_arguments() -> None:
    block = "k: {args: {kind: , n: $width}, layers: [{name: l, type: $kind, num_output: $n}]}"
    (layer,) = flat("name: d, type: k, kind: InnerProduct", blocks=block, head="vars: {width: 5}\n")
    assert layer == {"name": "d/l", "type": "InnerProduct", "num_output": 5}


def test_an_instance_shares_every_layer_with_its_counterpart() -> None:
    layers = flat(
        "name: a, type: pair, n: 3",
        "name: b, type: pair, n: 3, share: a, bottom: data",
        blocks=NEST,
    )
    assert [layer.get("share") for layer in layers] == [
        *(None, None, None),
        *("a/a/ip", "a/a/relu", "a/b/ip"),
    ]


def test_a_repetition_shares_with_the_same_repetition_and_another_layer_with_the_last() -> None:
    ip = "type: InnerProduct, num_output: 4"
    layers = flat(f"name: a, {ip}, repeat: 2", f"name: b, {ip}, repeat: 2, share: a")
    assert [layer.get("share") for layer in layers[2:]] == ["a_1", "a_2"]
    assert flat(f"name: a, {ip}, repeat: 2", f"name: b, {ip}, share: a")[2]["share"] == "a_2"


def test_a_layer_that_is_not_repeated_itself_shares_with_the_last_in_a_repeated_block() -> None:
    ip = "type: InnerProduct, num_output: 4"
    block = f"k: {{layers: [{{name: l, {ip}, repeat: 2}}, {{name: m, {ip}, share: l}}]}}"
    layers = flat("name: d, type: k, repeat: 2", blocks=block)
    assert [layer["share"] for layer in layers if "share" in layer] == ["d_1/l_2", "d_2/l_2"]


def test_a_layer_may_share_with_one_inside_an_instance() -> None:
    layers = flat("name: d, type: dense, out: 4", "name: e, type: InnerProduct, share: d/ip")
    assert layers[-1]["share"] == "d/ip"


def test_instances_of_two_blocks_share_nothing() -> None:
    assert refusal(
        "name: a, type: dense, out: 4", "name: p, type: pair, n: 2, share: a", blocks=NEST
    ).startswith(
        "error[PN036] net.yaml:12:42 net.layers.p.share: a is an instance of block dense, p of pair"
    )


def test_the_trail_of_a_layer_leads_to_where_its_blocks_were_used() -> None:
    found = expansion("name: p, type: pair, n: 3", blocks=NEST)
    assert found.trail(("net", "layers", 0)) == (
        "in block dense, used as p/a in net.yaml:9:50",
        "in block pair, used as p in net.yaml:11:23",
    )


@pytest.mark.parametrize(
    ("first", "last"), [("b", "a"), ("a", "b")], ids=["itself through another", "and from it"]
)
def test_blocks_that_call_each_other_are_refused(first: str, last: str) -> None:
    block = "".join(
        f"{name}: {{layers: [{{name: l, type: {other}}}]}}\n" for name, other in ("ab", "ba")
    )
    found = expansion(f"name: d, type: {first}", blocks=block)
    assert [(problem.code, problem.why) for problem in found.problems] == [
        ("PN033", f"a block contains itself: {first} → {last} → {first}")
    ]


@pytest.mark.parametrize("width", [2, 100])
def test_blocks_that_grow_without_end_are_refused_at_the_bound(width: int) -> None:
    chain = [
        f"b{n}: {{layers: [{{name: l, type: b{n + 1}, repeat: {width}}}]}}\n" for n in range(20)
    ]
    block = "".join([*chain, "b20: {layers: [{name: r, type: ReLU}]}\n"])
    found = expansion("name: d, type: b0", blocks=block)
    assert [problem.why for problem in found.problems] == ["the net grows beyond 15,000 layers"]
    assert found.data["net"]["layers"] == []


def test_lists_in_many_layers_are_refused_at_the_bound() -> None:
    # 10,000 values in each of 200 layers: 2,000,000, which is 40 for each of 15,000 layers
    head = "vars: {a: [" + ", ".join(["1"] * 10_000) + "]}\n"
    found = expansion("name: r, type: ReLU, x: $a, repeat: 300", head=head)
    assert [problem.why for problem in found.problems] == ["the net grows beyond 15,000 layers"]


def test_more_than_fifty_blocks_inside_each_other_are_refused() -> None:
    chain = [f"b{n}: {{layers: [{{name: l, type: b{n + 1}}}]}}\n" for n in range(60)]
    block = "".join([*chain, "b60: {layers: [{name: r, type: ReLU}]}\n"])
    found = expansion("name: d, type: b0", blocks=block)
    assert [problem.why for problem in found.problems] == [
        "more than 50 blocks stand inside each other"
    ]


@pytest.mark.parametrize(
    ("layer", "code", "why"),
    [
        ("type: ReLU, repeat: 2", "PN011", "missing"),
        ("type: dense, out: 3, repeat: 2", "PN011", "missing"),
        ("type: InnerProduct, num_output: $(index + 1), repeat: 2", "PN011", "missing"),
        ("name: [a], type: dense, out: 3, repeat: 2", "PN010", "a text is needed"),
        ("name: $none, type: dense, out: 3", "PN032", "no variable or argument is named none"),
        ("name: $none, type: ReLU, repeat: 2", "PN032", "no variable or argument is named none"),
        (
            "name: $none, type: dense, out: 3, repeat: 2",
            "PN032",
            "no variable or argument is named none",
        ),
    ],
)
def test_a_layer_whose_name_is_missing_or_wrong_is_told_once(
    layer: str, code: str, why: str
) -> None:
    with pytest.raises(SpecError) as caught:
        loaded("name: d, type: dense, out: 4", layer)
    assert [(one.code, one.why) for one in caught.value.problems] == [(code, why)]


def test_how_often_a_layer_without_a_name_is_repeated_is_judged_too() -> None:
    (problem,) = expansion("type: ReLU, repeat: -1").problems
    assert (problem.code, problem.path, problem.got) == ("PN013", "net.layers.repeat", "-1")


def test_an_instance_without_a_name_is_refused() -> None:
    assert refusal("name: '', type: dense, out: 3") == (
        "error[PN013] net.yaml:10:14 net.layers..name: the text is empty\n"
        "   10 |     - {name: '', type: dense, out: 3}\n"
        "      |              ^^\n"
        "      see: protonet explain PN013\n"
        "1 error in net.yaml"
    )
