"""Specs with one mistake each in tests/errors/, and beside each the text that it must be told: an
error, or of a spec that is valid, what is probably not meant.

    python -m tests.error_files

records every text anew; read the difference before you commit it.
"""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from protonet import errors
from protonet.errors import SpecError
from protonet.net import prove_phases, shape_errors
from protonet.schema import load_spec, located, warnings_of

FOLDER = Path(__file__).parent / "errors"
OVERRIDES = "# overrides: "
"""What the first line begins with where the mistake is made on the command line."""


def error_files() -> list[Path]:
    """Return the specs, by name."""
    return sorted(FOLDER.glob("*.yaml"))


def told(path: Path) -> str:
    """Return what a person is told of a spec, checked as `protonet check` does."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    overrides = first.removeprefix(OVERRIDES).split(" ") if first.startswith(OVERRIDES) else []
    with chdir(path.parent):
        try:
            spec = load_spec(path.name, overrides, prove=shape_errors)
            with located(spec):
                prove_phases(spec.net)
        except SpecError as error:
            return f"{error}\n"
        warnings = warnings_of(spec)
    return f"{errors.told(warnings, path.name)}\n" if warnings else "no error\n"


def main() -> None:
    """Record every text."""
    for path in error_files():
        path.with_suffix(".txt").write_text(told(path), encoding="utf-8")


if __name__ == "__main__":
    main()
