"""The nets that come with protonet: the files of `configs/nets`."""

from __future__ import annotations

import sysconfig
from pathlib import Path


def shipped_nets() -> dict[str, Path]:
    """Return each net's file by its name, in a checkout or in an installation."""
    folders = [
        Path(__file__).parents[2] / "configs" / "nets",
        Path(sysconfig.get_path("data")) / "share" / "protonet" / "nets",
    ]
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.yaml"))}
