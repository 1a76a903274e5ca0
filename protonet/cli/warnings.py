"""What a person is told of a spec that is valid and probably not meant so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from protonet.errors import SpecError, told
from protonet.problems import Problem


def warn(warnings: Sequence[Problem], name: str, *, strict: bool) -> None:
    """Print warnings to standard error.

    Raises: SpecError with all of them where they are to be errors.
    """
    if warnings and strict:
        raise SpecError(as_errors(warnings), name)
    if warnings:
        print(told(warnings, name), file=sys.stderr)


def tell(notes: Sequence[Problem]) -> None:
    """Print a line to standard error for each thing that another language said and nothing stands
    for here; none of them is a mistake."""
    for note in notes:
        hint = f" ({note.hint})" if note.hint else ""
        print(f"note: {note.mark} {note.path}: {note.why}{hint}", file=sys.stderr)


def as_errors(warnings: Sequence[Problem]) -> list[Problem]:
    """Return warnings as errors."""
    return [replace(warning, severity="error") for warning in warnings]
