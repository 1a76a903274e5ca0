"""What an import finds: problems that stop it, and notes on what it left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from protonet.errors import SpecError
from protonet.problems import Mark, Problem


@dataclass(slots=True)
class Report:
    """Collects problems, so that all of them are told at once.

    Attributes:
        name: the file that is imported.
        notes: warnings, each on something of the prototxt that protonet does not need or do.
        problems: errors.
    """

    name: str
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, mark: Mark, path: str, why: str, hint: str = "") -> None:
        """Add an error."""
        self.problems.append(Problem(code, mark, path, why, "", hint))

    def note(self, mark: Mark, path: str, why: str, hint: str = "") -> None:
        """Add a warning."""
        self.notes.append(Problem("PN051", mark, path, why, "", hint, "warning"))

    def stop_at_problems(self) -> None:
        """Raise SpecError with every problem so far, from the top of the file to its end."""
        if self.problems:
            raise SpecError(sorted(self.problems, key=place_in_file), self.name)


def place_in_file(problem: Problem) -> tuple[str, int, int]:
    """Return what problems are ordered by: file, line and column."""
    mark = problem.mark
    return (mark.source.name, mark.line, mark.column) if mark else ("", 0, 0)
