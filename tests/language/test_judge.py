"""Expressions of layers are filled in; mistakes are kept with the blocks that lead to them."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.expression import FAILED
from protonet.language.frames import Use
from protonet.language.judge import Judge
from protonet.language.scope import Scope
from protonet.problems import Mark, Problem, SourceText
from tests.language.expansions import flat, refused
from tests.specs import origin_of

USE = Use("fc", "a", Mark(SourceText("net.yaml", ()), 9, 5, 7))
SCOPE = Scope("a", {"out": 3}, (USE,))
FC = "fc: {args: {out: 2}, layers: [{name: ip, type: InnerProduct, num_output: $out}]}"
OTHER = FC + "\nother: {layers: [{name: ip, type: ReLU}]}"


def judged(text: str) -> tuple[Judge, dict[str, Any], list[Problem]]:
    read, problems = origin_of(text), list[Problem]()
    data = Judge(problems).filled(read.data, read.marks, SCOPE)
    return Judge(problems), data, problems


def test_expressions_of_a_layer_are_filled_in() -> None:
    _, data, problems = judged("{name: ip, num_output: $out, pad: $(out // 2)}")
    assert (data, problems) == ({"name": "ip", "num_output": 3, "pad": 1}, [])


def test_what_cannot_be_computed_is_told_with_the_layer_and_its_blocks() -> None:
    _, data, problems = judged("{name: ip, pad: $nobody}")
    assert data["pad"] is None
    assert [problem.render() for problem in problems] == [
        "error[PN032] net.yaml:1:17 net.layers.a/ip.pad: no variable or argument is named nobody\n"
        "    1 | {name: ip, pad: $nobody}\n"
        "      |                 ^^^^^^^\n"
        '      got "$nobody"; known: out                 see: protonet explain PN032\n'
        "      in block fc, used as a in net.yaml:9:5"
    ]


@pytest.mark.parametrize(("written", "value"), [("$out", 3), ("$(out > 2)", True), ("7", 7)])
def test_a_control_has_a_value(written: str, value: Any) -> None:
    read, problems = origin_of(f"{{repeat: {written}}}"), list[Problem]()
    assert Judge(problems).control("repeat", read.data, read.marks, SCOPE, "ip") == value
    assert problems == []


def test_a_control_without_a_value_has_failed_and_names_its_layer() -> None:
    read, problems = origin_of("{if: $(1 / 0)}"), list[Problem]()
    assert Judge(problems).control("if", read.data, read.marks, SCOPE, "ip") is FAILED
    assert [(problem.path, problem.why) for problem in problems] == [
        ("net.layers.a/ip.if", "a division by 0")
    ]


def test_a_mistake_of_the_scope_as_a_whole_is_one_of_the_layers() -> None:
    problems: list[Problem] = []
    judge = Judge(problems)
    judge.refuse(SCOPE, Problem("PN033", None, "", "why"))
    judge.refuse(SCOPE, Problem("PN033", None, "ip", "why"))
    judge.refuse(SCOPE, None)
    assert [(problem.path, problem.trail) for problem in problems] == [
        ("net.layers", (str(USE),)),
        ("net.layers.a/ip", (str(USE),)),
    ]


def test_an_instance_shares_each_of_its_layers() -> None:
    layers = flat("name: a, type: fc", "name: b, type: fc, share: a, bottom: data", blocks=FC)
    assert [layer.get("share") for layer in layers] == [None, "a/ip"]


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (
            "nobody",
            "error[PN036] net.yaml:9:34 net.layers.b.share: "
            "no layer or instance above is named nobody\n"
            "    9 |     - {name: b, type: fc, share: nobody}\n"
            "      |                                  ^^^^^^\n"
            "      known: a, o                               see: protonet explain PN036",
        ),
        (
            "o",
            "error[PN036] net.yaml:9:34 net.layers.b.share: "
            "o is an instance of block other, b of fc\n"
            "    9 |     - {name: b, type: fc, share: o}\n"
            "      |                                  ^\n"
            "      only instances of one block share their parameters  "
            "see: protonet explain PN036",
        ),
        (
            "[a]",
            "error[PN010] net.yaml:9:34 net.layers.b.share: a text is needed\n"
            "    9 |     - {name: b, type: fc, share: [a]}\n"
            "      |                                  ^^^\n"
            '      got ["a"]                                 see: protonet explain PN010',
        ),
    ],
)
def test_an_instance_that_cannot_share_is_refused(share: str, told: str) -> None:
    layers = ("name: a, type: fc", "name: o, type: other", f"name: b, type: fc, share: {share}")
    assert refused(*layers, blocks=OTHER) == [told]


@pytest.mark.parametrize(("key", "code"), [("if: 1", "PN010"), ("repeat: -1", "PN013")])
def test_a_control_that_says_nothing_possible_is_refused(key: str, code: str) -> None:
    heads = [told.partition(" ")[0] for told in refused(f"name: a, type: fc, {key}", blocks=FC)]
    assert heads == [f"error[{code}]"]
