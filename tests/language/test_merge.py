"""One spec over another."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.merge import Part, merge
from protonet.problems import Problem
from tests.specs import origin_of

BASE = """\
solver: {type: SGD, base_lr: 0.1, lr_policy: {type: step, gamma: 0.1, stepsize: 10}}
net:
  inputs: {data: [4]}
  layers:
    - {name: a, type: InnerProduct, num_output: 3}
    - {name: b, type: ReLU}
    - {name: c, type: Softmax}
"""


def merged(over: str) -> tuple[Any, list[Problem]]:
    """Return the base changed by a text, and what fits nothing."""
    problems: list[Problem] = []
    parts = [Part(origin.data, origin.marks) for origin in map(origin_of, (BASE, over))]
    return merge(parts[0], parts[1], problems).data, problems


def layers(*lines: str) -> list[str]:
    """Return the names of the base's layers with others merged in."""
    text = "".join(f"    - {{{line}}}\n" for line in lines)
    data, problems = merged(f"net:\n  layers:\n{text}")
    assert problems == []
    return [layer["name"] for layer in data["net"]["layers"]]


def test_maps_merge_and_the_other_keys_stay() -> None:
    data, problems = merged("name: x\nsolver: {base_lr: 0.2}\n")
    assert problems == []
    assert data["name"] == "x"
    assert data["solver"]["base_lr"] == 0.2
    assert data["solver"]["lr_policy"] == {"type": "step", "gamma": 0.1, "stepsize": 10}


def test_a_map_of_another_type_replaces() -> None:
    data, _ = merged("solver: {lr_policy: {type: fixed}}\n")
    assert data["solver"]["lr_policy"] == {"type": "fixed"}


def test_lists_replace() -> None:
    assert merged("net: {inputs: {data: [1, 2]}}\n")[0]["net"]["inputs"] == {"data": [1, 2]}


def test_a_layer_of_the_same_name_is_changed_where_it_stands() -> None:
    data, _ = merged("net:\n  layers: [{name: a, num_output: 5}, {name: b, type: Sigmoid}]\n")
    assert data["net"]["layers"] == [
        {"name": "a", "type": "InnerProduct", "num_output": 5},
        {"name": "b", "type": "Sigmoid"},
        {"name": "c", "type": "Softmax"},
    ]


def test_a_new_layer_stands_at_the_end_or_where_it_says() -> None:
    assert layers("name: n, type: ReLU") == ["a", "b", "c", "n"]
    assert layers("name: n, type: ReLU, after: a") == ["a", "n", "b", "c"]
    assert layers("name: n, type: ReLU, before: a") == ["n", "a", "b", "c"]


def test_a_layer_may_follow_one_that_was_just_added() -> None:
    found = layers("name: n, type: ReLU, after: a", "name: m, type: ReLU, after: n")
    assert found == ["a", "n", "m", "b", "c"]


def test_a_known_layer_may_move_and_another_go() -> None:
    assert layers("name: a, after: c", "name: b, remove: true") == ["c", "a"]


def test_a_layer_that_is_not_removed_stays() -> None:
    assert layers("name: a, remove: false") == ["a", "b", "c"]


def test_two_layers_of_one_name_cannot_be_told_apart() -> None:
    problems: list[Problem] = []
    twice = origin_of(BASE.replace("name: b", "name: a"))
    over = origin_of("net:\n  layers: [{name: a, num_output: 5}]\n")
    merge(Part(twice.data, twice.marks), Part(over.data, over.marks), problems)
    assert [problem.render() for problem in problems] == [
        "error[PN034] net.yaml:2:19 net.layers.a: 2 layers of the base are named a\n"
        "    2 |   layers: [{name: a, num_output: 5}]\n"
        "      |                   ^\n"
        "      give the list of layers anew              see: protonet explain PN034"
    ]


def test_what_places_a_layer_is_no_key_of_it() -> None:
    data, _ = merged("net:\n  layers: [{name: n, type: ReLU, after: a}]\n")
    assert data["net"]["layers"][1] == {"name": "n", "type": "ReLU"}


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (
            "name: n, type: ReLU, after: d",
            "error[PN034] net.yaml:2:41 net.layers.d: the base has no layer d\n"
            "    2 |   layers: [{name: n, type: ReLU, after: d}]\n"
            "      |                                         ^\n"
            "      known: a, b, c                            see: protonet explain PN034",
        ),
        (
            "name: d, remove: true",
            "error[PN034] net.yaml:2:19 net.layers.d: the base has no layer d\n"
            "    2 |   layers: [{name: d, remove: true}]\n"
            "      |                   ^\n"
            "      known: a, b, c                            see: protonet explain PN034",
        ),
        (
            "name: a, remove: true, num_output: 3",
            "error[PN034] net.yaml:2:36 net.layers.a.num_output: a layer that is removed has no "
            "other keys\n"
            "    2 |   layers: [{name: a, remove: true, num_output: 3}]\n"
            "      |                                    ^^^^^^^^^^\n"
            "      see: protonet explain PN034",
        ),
        (
            "name: n, type: ReLU, after: a, before: c",
            "error[PN034] net.yaml:2:44 net.layers.n.before: after and before contradict\n"
            "    2 |   layers: [{name: n, type: ReLU, after: a, before: c}]\n"
            "      |                                            ^^^^^^\n"
            "      see: protonet explain PN034",
        ),
        (
            "name: a, remove: yes",
            "error[PN010] net.yaml:2:30 net.layers.a.remove: true or false is needed\n"
            "    2 |   layers: [{name: a, remove: yes}]\n"
            "      |                              ^^^\n"
            '      got "yes"                                 see: protonet explain PN010',
        ),
        (
            "name: a, remove: 1",
            "error[PN010] net.yaml:2:30 net.layers.a.remove: true or false is needed\n"
            "    2 |   layers: [{name: a, remove: 1}]\n"
            "      |                              ^\n"
            "      got 1                                     see: protonet explain PN010",
        ),
        (
            "name: b, after: [a]",
            'error[PN034] net.yaml:2:29 net.layers.["a"]: the base has no layer ["a"]\n'
            "    2 |   layers: [{name: b, after: [a]}]\n"
            "      |                             ^^^\n"
            "      known: a, b, c                            see: protonet explain PN034",
        ),
    ],
)
def test_what_fits_nothing_is_told(layer: str, told: str) -> None:
    _, (problem,) = merged(f"net:\n  layers: [{{{layer}}}]\n")
    assert problem.render() == told


def test_what_a_removed_layer_has_besides_is_told_in_the_order_of_the_file() -> None:
    _, problems = merged("net:\n  layers: [{name: b, remove: true, d: 1, c: 1, b: 1, a: 1}]\n")
    assert [problem.path for problem in problems] == [f"net.layers.b.{key}" for key in "dcba"]


def block_layers(base: str, over: str) -> tuple[Any, list[Problem]]:
    problems: list[Problem] = []
    texts = [f"net: {{blocks: {{b: {{layers: [{layers}]}}}}}}\n" for layers in (base, over)]
    parts = [Part(origin.data, origin.marks) for origin in map(origin_of, texts)]
    return merge(parts[0], parts[1], problems).data["net"]["blocks"]["b"]["layers"], problems


def test_a_block_is_changed_where_one_of_its_layers_is_not_whole() -> None:
    base = "{name: fc, type: InnerProduct, num_output: $n}, {name: act, type: ReLU}"
    over = "{name: act, type: PReLU}, {name: fc, bias_term: false}, {name: bn, type: BN, after: fc}"
    assert block_layers(base, over) == (
        [
            {"name": "fc", "type": "InnerProduct", "num_output": "$n", "bias_term": False},
            {"name": "bn", "type": "BN"},
            {"name": "act", "type": "PReLU"},
        ],
        [],
    )


def test_a_block_of_whole_layers_is_defined_anew() -> None:
    base = "{name: fc, type: InnerProduct, num_output: $n}, {name: act, type: ReLU}"
    over = "{name: act, type: PReLU}, {name: fc, type: InnerProduct, num_output: 3}"
    assert block_layers(base, over) == (
        [
            {"name": "act", "type": "PReLU"},
            {"name": "fc", "type": "InnerProduct", "num_output": 3},
        ],
        [],
    )


def test_what_fits_nothing_in_a_block_is_told_with_the_name_of_the_block() -> None:
    layers, (problem,) = block_layers("{name: fc, type: X}", "{name: a, type: Y, before: fcd}")
    assert [layer["name"] for layer in layers] == ["fc", "a"]
    assert problem.render() == (
        "error[PN034] net.yaml:1:56 net.blocks.b.layers.fcd: the base has no layer fcd\n"
        "    1 | net: {blocks: {b: {layers: [{name: a, type: Y, before: fcd}]}}}\n"
        "      |                                                        ^^^\n"
        "      did you mean fc?                          see: protonet explain PN034"
    )


@pytest.mark.parametrize("key", ["after", "before"])
@pytest.mark.parametrize("name", ["a", "new"])
def test_a_layer_cannot_stand_beside_itself(key: str, name: str) -> None:
    data, (problem,) = merged(f"net:\n  layers: [{{name: {name}, type: ReLU, {key}: {name}}}]\n")
    assert (problem.code, problem.path) == ("PN034", f"net.layers.{name}.{key}")
    assert problem.why == f"{name} cannot stand {key} itself"
    assert problem.hint == "name another layer of the base"
    names = [layer["name"] for layer in data["net"]["layers"]]
    assert names == (["a", "b", "c"] if name == "a" else ["a", "b", "c", "new"])


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["name: b, after: a"], ["a", "b", "c"]),  # where it stands already
        (["name: b, before: c"], ["a", "b", "c"]),
        (["name: a, after: c"], ["b", "c", "a"]),
        (["name: c, before: a"], ["c", "a", "b"]),
        (["name: n, type: X, before: a", "name: m, type: X, after: n"], ["n", "m", "a", "b", "c"]),
        (["name: b, remove: true", "name: b, type: X"], ["a", "c", "b"]),
    ],
)
def test_layers_are_put_where_they_are_wanted(lines: list[str], names: list[str]) -> None:
    assert layers(*lines) == names
