"""Where the cache keeps known sets."""

from __future__ import annotations

from pathlib import Path


def dataset_path(cache: Path, name: str) -> Path:
    """Return where a converted set lies."""
    return cache / "datasets" / f"{name}.lmdb"


def originals_folder(cache: Path, name: str) -> Path:
    """Return where the downloaded files of a set lie."""
    return cache / "originals" / name


def lock_path(cache: Path, name: str) -> Path:
    """Return the lock of a set: held while it is downloaded and converted."""
    return cache / "datasets" / f".{name}.lock"
