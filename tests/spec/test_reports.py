from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from protonet.problems import Mark, Problem, SourceText
from protonet.source import COMMAND_LINE
from protonet.spec.reports import first_causes, in_order

TEXT = SourceText("b.yaml", ("one", "two", "three"))
OTHER = SourceText("a.yaml", ("one",), Path("/elsewhere"))


def problem(code: str, line: int, column: int = 1, source: SourceText = TEXT) -> Problem:
    return Problem(code, Mark(source, line, column, column + 1), f"net.{line}", "wrong")


def test_problems_come_from_the_top_of_the_file_to_its_end() -> None:
    first, second, third = problem("PN012", 1, 9), problem("PN010", 2, 1), problem("PN010", 2, 10)
    assert in_order([third], [second, first]) == [first, second, third]


def test_the_command_line_and_what_has_no_place_come_before_the_files_by_name() -> None:
    here, there = problem("PN010", 1), problem("PN010", 1, source=OTHER)
    word = problem("PN030", 1, source=SourceText(COMMAND_LINE, ("x",)))
    empty = Problem("PN005", None, "", "the file is empty")
    assert in_order([here, word, empty], [there]) == [word, empty, there, here]


def test_a_mistake_that_is_told_twice_is_told_once() -> None:
    assert in_order([problem("PN012", 1)], [problem("PN012", 2)] * 2) == [
        problem("PN012", 1),
        problem("PN012", 2),
    ]


def test_what_was_refused_as_it_was_read_is_not_judged_again() -> None:
    number, key = problem("PN003", 1), problem("PN002", 2)
    again = [problem("PN010", 1), problem("PN012", 2)]
    # the value of a repeated key is one that was read, and may be wrong in its own way
    assert in_order([number, key], again) == [number, key, problem("PN012", 2)]


def in_block(path: str, trail: str, line: int = 1) -> Problem:
    return replace(problem("PN012", line), path=path, trail=(trail,))


def test_a_mistake_in_a_block_is_told_for_the_first_use_with_the_number_of_the_others() -> None:
    uses = [in_block(f"net.layers.{name}/conv.pda", f"used as {name}") for name in "abc"]
    assert in_order([], uses[:2]) == [
        replace(uses[0], trail=("used as a", "and in 1 more use of the block"))
    ]
    assert in_order([], uses) == [
        replace(uses[0], trail=("used as a", "and in 2 more uses of the block"))
    ]


def test_other_mistakes_in_a_block_stay_apart() -> None:
    uses = [
        in_block("net.layers.a/conv.pda", "used as a"),
        in_block("net.layers.a/conv.pda", "used as a", line=2),
        in_block("net.layers.b/conv.strid", "used as b", line=3),
        replace(in_block("net.layers.b/conv.pda", "used as b"), code="PN010"),
    ]
    assert sorted(in_order([], uses), key=str) == sorted(uses, key=str)


def test_two_keys_that_are_missing_at_one_place_of_a_block_are_both_told() -> None:
    missing = [
        replace(in_block(f"net.layers.{name}/conv.{key}", f"used as {name}"), code="PN011")
        for name in "ab"
        for key in ("kernel_size", "num_output")
    ]
    told = in_order([], missing)
    more = "and in 1 more use of the block"
    assert told == [replace(one, trail=("used as a", more)) for one in missing[:2]]


def test_a_mistake_of_a_repeated_layer_is_told_once() -> None:
    turns = [replace(problem("PN010", 1), path=f"net.layers.r_{turn}.pad") for turn in (1, 2, 3)]
    assert in_order([], turns) == turns[:1]


def test_what_follows_from_another_problem_is_not_told_nor_judged() -> None:
    cause, follower = problem("PN032", 1), replace(problem("PN032", 2), follows=True)
    assert in_order([cause, follower], [problem("PN010", 2)]) == [cause]


def test_types_of_a_plugin_that_failed_may_be_those_that_are_unknown() -> None:
    plugin = problem("PN035", 1)
    unknown = replace(problem("PN020", 2), why="unknown layer type")
    torch, key = replace(problem("PN020", 3), why="not a module"), problem("PN012", 4)
    found = [unknown, torch, key]
    assert first_causes([plugin], found, is_whole=True) == [torch, key]
    assert first_causes([], found, is_whole=True) == found


def test_what_is_missing_may_stand_in_a_file_that_could_not_be_read() -> None:
    found = [problem(code, 1) for code in ("PN010", "PN011", "PN012", "PN020", "PN036")]
    kept = first_causes([], found, is_whole=False)
    assert [one.code for one in kept] == ["PN010", "PN012"]


def test_two_keys_that_are_missing_at_one_place_are_both_told() -> None:
    keys = ("solver.lr_policy.gamma", "solver.lr_policy.stepsize")
    missing = [replace(problem("PN011", 1), path=path) for path in keys]
    assert in_order([], missing) == missing
