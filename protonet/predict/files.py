"""Which pictures are meant: files, folders, patterns, and lists of paths.

* A folder means every image below it, in the order of their paths; names that begin with a dot are
  passed over.
* A pattern (`photos/*/1*.jpg`, `photos/**/*.png`) means what it fits, if no file has that very
  name.
* A list is a .txt or .lst file with one path a line, from the list's folder on; labels behind a
  path, as in Caffe's lists, are passed over. Blank lines are, too.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from protonet.convert.files import is_image_name, shown
from protonet.errors import DataError

_LISTS = (".txt", ".lst")
_LABELS = re.compile(r"(\s+[-+]?[0-9.]+(e[-+]?[0-9]+)?)+\Z")
_PATTERN = re.compile(r"[*?\[]")


def find_pictures(named: Iterable[str]) -> list[str]:
    """Return the paths of the pictures that are meant, in order.

    Args:
        named: files, folders, patterns and lists.

    Raises: DataError if there is nothing of a name, or no image in it.
    """
    return [path for name in named for path in _meant(name)]


def _meant(name: str) -> list[str]:
    if os.path.isdir(name):
        found = sorted(_below(name))
        if not found:
            raise DataError(f"{shown(name)}: no image in this folder")
        return found
    if os.path.lexists(name):
        return _listed(Path(name)) if name.lower().endswith(_LISTS) else [name]
    if not _PATTERN.search(name):
        raise DataError(f"{shown(name)}: there is no such file or folder")
    found = sorted(glob.glob(name, recursive=True))
    files = [path for path in found if is_image_name(path) and os.path.isfile(path)]
    if not files:
        raise DataError(f"{shown(name)}: no image fits this pattern")
    return files


def _below(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder, onerror=_refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if is_image_name(name) and not name.startswith("."):
                yield os.path.join(place, name)


def _refused(error: OSError) -> None:
    where = shown(error.filename or "")
    raise DataError(f"{where}: the folder cannot be read: {error.strerror}") from error


def _listed(file: Path) -> list[str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(file)}: the list cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise DataError(f"{shown(file)}: this is no list of paths: it is no text")
    texts = (os.fsdecode(line).strip() for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    found = [_path(file.parent, text) for text in texts if text]
    if not found:
        raise DataError(f"{shown(file)}: the list is empty; expected one path a line")
    return found


def _path(folder: Path, text: str) -> str:
    """Return the path of a line: all of it where that is a file, else what is before numbers."""
    whole = os.path.join(folder, text.strip('"'))
    return whole if os.path.exists(whole) else os.path.join(folder, _bare(text))


def _bare(text: str) -> str:
    return _LABELS.sub("", text).strip('"') or text
