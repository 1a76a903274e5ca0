"""What two runs of a conversion have in common that make the same dataset, and what is said where
one goes on with what another left."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import PIL
import simplejpeg

from protonet import __version__
from protonet.convert.files import shown
from protonet.convert.options import ConvertOptions
from protonet.convert.plan import Plan
from protonet.convert.stamps import has_own_files, source_stamp
from protonet.convert.table_files import is_pattern, matched
from protonet.errors import DataError

NOTHING = "it had stored nothing yet"
NO_IMAGES = "no images are stored that would have to be decoded"

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_CHANGED = MappingProxyType(
    {
        "options": "it had other options",
        "source": "it had another source",
        "files": "the source has changed since",
        "tables": "the source has changed since",
        "versions": "it was of another version of protonet, Pillow or simplejpeg",
        "machine": "the computer has started anew since, and may have lost what it held",
    }
)


def head_of(source: Path, options: ConvertOptions, plans: Sequence[Plan]) -> dict[str, str]:
    """Return what two runs have in common that make the same dataset, each part a text."""
    tables = hashlib.blake2b(digest_size=8)
    for one in plans:
        tables.update(repr((one.name, one.batches.fields)).encode())
        tables.update(np.ascontiguousarray(one.rows).tobytes())
    machine = ""
    with suppress(OSError):
        machine = _BOOT.read_text().strip()
    return {
        "options": repr(replace(options, workers=None, force=False, restart=False)),
        "source": shown(os.path.abspath(source)),
        "files": _files(source, plans),
        "tables": tables.hexdigest(),
        "versions": f"{__version__} {PIL.__version__} {simplejpeg.__version__}",
        "machine": machine,
    }


def difference(head: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """Return why what a run with another head stored is of no use; None where they are alike."""
    return next((_CHANGED[name] for name in head if found.get(name) != head[name]), None)


def went_on(done: int, total: int) -> str:
    """Return what is said of a run that goes on with another's records."""
    return f"went on where an earlier run was killed: {done} of {total} records"


def began_again(why: str, folder: Path) -> str:
    """Return what is said of a run that does not."""
    return (
        f"an earlier run was killed, and this one began again, for {why}; removed {shown(folder)}"
    )


def check_unchanged(source: Path, plans: Sequence[Plan], head: Mapping[str, str]) -> None:
    """Refuse a source that was written to while it was read, for what was read may be half of each.

    Raises: DataError.
    """
    if _files(source, plans) != head["files"]:
        raise DataError(
            f"{shown(source)}: it was changed while it was read; wait until that is done, and "
            "convert it again. Nothing was written"
        )


def _files(source: Path, plans: Sequence[Plan]) -> str:
    """Return a stamp of what is read from; images that are files have their own."""
    if all(has_own_files(one.part) for one in plans):
        return ""
    return source_stamp(source, matched(source) if is_pattern(source) else ())
