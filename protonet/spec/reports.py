"""Problems of one spec put together: in order, each mistake once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from protonet.problems import Problem
from protonet.source import COMMAND_LINE


def in_order(read: Iterable[Problem], judged: Iterable[Problem]) -> list[Problem]:
    """Return the problems from the top of the file to its end, those of the command line first.

    What was refused as it was read, a repeated key or an ambiguous number, is not judged again. A
    mistake inside a block is told for the first of its uses, with the number of the others.
    """
    read = list(read)
    refused = {(problem.mark, problem.code) for problem in read}
    places = {mark for mark, code in refused if code != "PN002"}
    rest = [problem for problem in judged if problem.mark not in places]
    return sorted(_once(dict.fromkeys([*read, *rest])), key=_place)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    first: dict[object, Problem] = {}
    others: dict[object, int] = {}
    for problem in problems:
        key: object = problem
        if problem.trail:
            key = (problem.code, problem.mark)
        if key in first:
            others[key] = others.get(key, 0) + 1
        else:
            first[key] = problem
    return [_with_others(problem, others.get(key, 0)) for key, problem in first.items()]


def _with_others(problem: Problem, others: int) -> Problem:
    if not others:
        return problem
    more = f"and in {others} more use{'' if others == 1 else 's'} of the block"
    return replace(problem, trail=(*problem.trail, more))


def _place(problem: Problem) -> tuple[int, str, int, int]:
    mark = problem.mark
    if mark is None or mark.source.name == COMMAND_LINE:
        return 0, "", 0, 0
    return 1, mark.source.name, mark.line, mark.column
