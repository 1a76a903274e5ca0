"""Problems of one spec put together: in order, each mistake once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from protonet.problems import Problem
from protonet.source import COMMAND_LINE
from protonet.spec.unknown_type import UNKNOWN

_MAY_BE_IN_A_LOST_FILE = ("PN011", "PN020", "PN036")
"""What is missing here may stand in a file that could not be read."""


def in_order(read: Iterable[Problem], judged: Iterable[Problem]) -> list[Problem]:
    """Return the problems from the top of the file to its end, those of the command line first.

    What was refused as it was read, a repeated key or an ambiguous number, is not judged again. A
    mistake inside a block is told for the first of its uses, with the number of the others.
    """
    read = list(read)
    refused = {(problem.mark, problem.code) for problem in read}
    places = {mark for mark, code in refused if code != "PN002"}
    rest = [problem for problem in judged if problem.mark not in places]
    told = [problem for problem in (*read, *rest) if not problem.follows]
    return sorted(_once(dict.fromkeys(told)), key=_place)


def first_causes(
    early: Iterable[Problem], problems: Iterable[Problem], *, is_whole: bool
) -> list[Problem]:
    """Return the problems of a spec without those that follow from what is wrong earlier.

    Args:
        early: what was refused before the spec was judged.
        problems: what was found, then or before.
        is_whole: false where a file that the spec builds on could not be read.
    """
    has_lost_types = any(problem.code == "PN035" for problem in early)
    return [
        problem
        for problem in problems
        if not (has_lost_types and (problem.code, problem.why) == ("PN020", UNKNOWN))
        and (is_whole or problem.code not in _MAY_BE_IN_A_LOST_FILE)
    ]


def _once(problems: Iterable[Problem]) -> list[Problem]:
    first: dict[tuple[object, ...], Problem] = {}
    others: dict[tuple[object, ...], int] = {}
    for problem in problems:
        words = problem.path.split(".")
        below = words[3:] if words[:2] == ["net", "layers"] else words  # the name may be of a use
        key: tuple[object, ...] = (problem.code, problem.mark, *below)
        if not problem.trail:  # the same of a repeated layer has another name
            key = (*key, problem.why, problem.got)
        if key in first:
            others[key] = others.get(key, 0) + 1
        else:
            first[key] = problem
    return [_with_others(problem, others.get(key, 0)) for key, problem in first.items()]


def _with_others(problem: Problem, others: int) -> Problem:
    if not others or not problem.trail:
        return problem
    more = f"and in {others} more use{'' if others == 1 else 's'} of the block"
    return replace(problem, trail=(*problem.trail, more))


def _place(problem: Problem) -> tuple[int, str, int, int]:
    mark = problem.mark
    if mark is None or mark.source.name == COMMAND_LINE:
        return 0, "", 0, 0
    return 1, mark.source.name, mark.line, mark.column
