"""What `$name` may mean: the variables of a spec, and what its training set says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from protonet.errors import ProtonetError
from protonet.language.expression import ANYTHING, CLASSES, FAILED, ExpressionError
from protonet.language.substitute import Substitution
from protonet.problems import Problem
from protonet.source import Marks

Classes = Callable[[Any, Path], int]
"""From what a spec says of its training set, and the folder that relative paths start from, to its
number of classes; raises ProtonetError where that is not known."""
INDEX = "index"
"""The name that counts the repetitions of a layer, from 0."""


def variables(data: Any, marks: Marks | None, problems: list[Problem]) -> dict[str, Any]:
    """Return the values of `vars`; each may use those above it. What is wrong is added to the
    problems, and the value of such a variable is `FAILED`."""
    values: dict[str, Any] = {}
    if data is None or marks is None:
        return values
    if not isinstance(data, dict):
        problems.append(Problem("PN010", marks.value, "vars", "a map is needed"))
        return {ANYTHING: FAILED}
    for name, value in data.items():
        place = marks.children[name]
        if is_name(name):
            known = len(problems)
            filled = Substitution(values, problems).value(value, place, f"vars.{name}")
            values[name] = filled if len(problems) == known else FAILED
        else:
            why = f"{name} cannot be the name of a variable"
            problems.append(Problem("PN032", place.key, f"vars.{name}", why, "", _NAMES))
    return values


_NAMES = "a name has letters, digits and _, begins with no digit, and is not index"


def is_name(text: str) -> bool:
    """Return whether a text can be the name of a variable or argument."""
    return text.isidentifier() and text not in (INDEX, "true", "false")


def with_classes(
    values: dict[str, Any], train: Any, folder: Path, classes: Classes | None
) -> dict[str, Any]:
    """Return the names with `data.classes` among them, which is asked for where it is used."""

    @cache
    def count() -> int:
        if train is None:
            raise ExpressionError(f"${CLASSES} needs a training set: there is no data.train")
        if classes is None:
            raise ExpressionError(f"${CLASSES} cannot be known here: no data is read")
        try:
            return classes(train, folder)
        except ProtonetError as error:
            raise ExpressionError(f"${CLASSES} is not known: {error}") from error

    return {**values, CLASSES: count}
