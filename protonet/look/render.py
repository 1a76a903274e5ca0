"""A drawing on disk: Graphviz's text as it is, or laid out and drawn by a program at hand.

`pip install graphviz-pure` (the extra `draw`) brings one, which gives the same picture on every
machine; Graphviz's own `dot` does as well, and alone makes PDFs.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

from protonet.errors import StorageError, UsageError

TEXT = ".dot"
FORMATS = (".svg", ".png", ".pdf", TEXT)
"""What a drawing may be, by the end of its name."""
_PURE, _DOT = "graphviz-pure", "dot"
_DOTS_PER_INCH = 144
"""Of a PNG: twice what a page needs, so that small text stays sharp on a screen."""


def check_drawing(path: Path) -> None:
    """Refuse a drawing that cannot be made here, before any work is done.

    Raises: UsageError, and what would be right.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"{path}: a drawing is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    if path.suffix == TEXT or _program(path.suffix):
        return
    if path.suffix == ".pdf":
        raise UsageError(f"{path}: PDF needs Graphviz's dot; .svg needs graphviz-pure only")
    raise UsageError(
        f"{path}: no program is there to draw it: pip install graphviz-pure, or install Graphviz"
        f"; {path.with_suffix(TEXT)} needs none"
    )


def write_drawing(text: str, path: Path) -> None:
    """Draw the text of a graph to a file, in the format that its name ends with.

    Raises: UsageError if it cannot be drawn; StorageError if it cannot be written.
    """
    check_drawing(path)
    data = text.encode() if path.suffix == TEXT else _drawn(text, path)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def _program(suffix: str) -> str | None:
    """Return the program that draws such a file; beside our own Python first, then on the PATH."""
    dot = shutil.which(_DOT)
    if suffix == ".pdf":
        return dot
    return shutil.which(_PURE, path=sysconfig.get_path("scripts")) or shutil.which(_PURE) or dot


def _drawn(text: str, path: Path) -> bytes:
    program = _program(path.suffix)
    words = [str(program), f"-T{path.suffix[1:]}"]
    if path.suffix == ".png":
        words.append(f"-Gdpi={_DOTS_PER_INCH}")
    try:
        done = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {error.strerror}") from error
    if done.returncode or not done.stdout:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"it ended with {done.returncode}"
        raise UsageError(f"{program} cannot draw {path}: {why}")
    return done.stdout
