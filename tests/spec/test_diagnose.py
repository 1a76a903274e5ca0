"""pydantic's errors become problems with code, place and words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from protonet.errors import Path, PathError, SpecError
from protonet.language import expand
from protonet.problems import Problem
from protonet.schema import Spec
from protonet.spec.diagnose import locate, path_text, problems_of, unlocated
from tests.specs import origin_of, spec_of

DATA = {"net": {"layers": [{"name": "conv1", "pad": [1, 2]}, {"type": "ReLU"}]}, "a": [5]}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("net", "layers", 0, "pad", 1), "net.layers.conv1.pad.1"),
        (("net", "layers", 1, "name"), "net.layers.1.name"),
        (("net", "layers", 9), "net.layers.9"),
        (("a", 0), "a.0"),
    ],
)
def test_paths_name_layers(path: Path, text: str) -> None:
    assert path_text(path, DATA) == text


def test_an_error_at_a_path_is_located() -> None:
    origin = origin_of("net:\n  layers:\n    - {name: r, type: ReLU, bottom: x}\n")
    error = PathError("PN023", ("net", "layers", 0, "bottom", 0), "why", got="x", hint="hint")
    problem = locate(error, expand(origin))
    assert problem == Problem("PN023", problem.mark, "net.layers.r.bottom", "why", "x", "hint")
    assert str(problem.mark) == "net.yaml:3:37"


def problem_of(text: str) -> Problem:
    with pytest.raises(SpecError) as caught:
        spec_of(text)
    (problem,) = caught.value.problems
    return problem


def layer(keys: str) -> str:
    return f"net: {{inputs: {{data: [3]}}, layers: [{{name: ip, type: InnerProduct, {keys}}}]}}"


def solver(keys: str) -> str:
    return f"net: {{layers: []}}\nsolver: {{{keys}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (layer("num_output: 1.5"), ("PN010", "a whole number is needed", "1.5", "")),
        (layer("num_output: true"), ("PN010", "a whole number is needed", "true", "")),
        (layer("num_output: null"), ("PN010", "a whole number is needed", "null", "")),
        (
            layer("num_output: '-3'"),
            ("PN010", "a whole number is needed", '"-3"', "write -3 without quotes"),
        ),
        (layer("num_output: [1]"), ("PN010", "a whole number is needed", "[1]", "")),
        (layer("num_output: {a: 1}"), ("PN010", "a whole number is needed", "{a: 1}", "")),
        (
            layer("num_output: 1, loss_weight: '1'"),
            ("PN010", "a list is needed", '"1"', "write 1 without quotes"),
        ),
        (layer("num_output: 1, loss_weight: [x]"), ("PN010", "a number is needed", '"x"', "")),
        (layer("num_output: 1, param: [1]"), ("PN010", "a map is needed", "[1]", "")),
        (layer("num_output: 1, param: {bias: 2}"), ("PN010", "a map is needed", "2", "")),
        (layer("num_output: 1, bottom: 5"), ("PN010", "a list is needed", "5", "")),
        (layer("num_output: 1, bottom: ['']"), ("PN013", "the text is empty", '""', "")),
        (layer("num_output: 1, frozen: on"), ("PN010", "true or false is needed", '"on"', "")),
        (solver("base_lr: .nan, max_iter: 1"), ("PN013", "must be above 0", "nan", "")),
        (
            solver("base_lr: 1, max_iter: 1, momentum: .inf"),
            ("PN013", "a finite number is needed", "inf", ""),
        ),
        (
            solver("base_lr: 1, max_iter: 1, snapshot: -1"),
            ("PN013", "must be at least 0", "-1", ""),
        ),
        (
            solver("base_lr: 1, max_iter: 1, regularization_type: L3"),
            ("PN014", "must be L2 or L1", '"L3"', ""),
        ),
        ("net: 5", ("PN010", "a map is needed", "5", "")),
        ("net: {}", ("PN011", "missing", "", "")),
        ("net: {layers: [5]}", ("PN010", "a map is needed", "5", "")),
    ],
)
def test_every_kind_of_error_has_its_words(text: str, expected: tuple[str, ...]) -> None:
    problem = problem_of(text)
    assert (problem.code, problem.why, problem.got, problem.hint) == expected


VALUES = ["null", "true", "-1", "0.5", "x", "[]", "[null]", "{}", "{a: 1}", "[{a: 1}]", ".nan"]
KEYS = ["type", "bottom", "top", "phase", "include", "loss_weight", "param", "frozen"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", VALUES)
def test_no_message_of_pydantic_reaches_a_person(key: str, value: str) -> None:
    text = f"net: {{inputs: {{x: [1]}}, layers: [{{name: a, {key}: {value}}}]}}"
    with pytest.raises(SpecError) as caught:
        spec_of(text)
    assert [one.why for one in caught.value.problems if one.why[:1].isupper()] == []


def test_of_a_great_many_errors_the_first_are_located_and_the_others_counted() -> None:
    origin = origin_of("net: {layers: []}\n" + "".join(f"k{i}: 1\n" for i in range(20_005)))
    spec = expand(origin)
    context: dict[str, Any] = {"layers": {}, "plan": spec.plan, "blocks": ()}
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate(spec.data, context=context)
    assert caught.value.error_count() == 20_005
    found = problems_of(caught.value, spec)
    assert [found[0].path, found[-1].path, len(found)] == ["k0", "k19999", 20_000]
    assert unlocated(caught.value) == 5


def test_the_only_item_of_a_list_is_shown_where_it_is_written() -> None:
    problem = problem_of(layer("num_output: 3, include: {phase: trian}"))
    assert (problem.path, str(problem.mark)) == ("net.layers.ip.include.phase", "net.yaml:1:100")
