"""Paths as a spec means them, and as a person reads them."""

from __future__ import annotations

from pathlib import Path

from protonet.schema import Spec


def home(spec: Spec, *path: str | int) -> Path:
    """Return where a relative path that stands here in a spec begins: in the folder of the file it
    was written in; in the current one, if the command line gave it."""
    folder = spec.origin.marks.nearest(path).value.source.folder
    return folder if folder.is_absolute() else spec.origin.folder


def near(folder: Path, written: str) -> str:
    """Return a path of a spec, whose relative ones begin at the spec's folder, as the shortest that
    means the same: relative to the current folder where it lies below it."""
    path, here = folder / written, Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
