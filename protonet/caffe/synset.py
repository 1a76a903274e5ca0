"""A file of class names, a line for each: Caffe's `synset_words.txt`."""

from __future__ import annotations

from pathlib import Path

from protonet.errors import DataError

_MOST_BYTES = 16 << 20


def read_classes(path: Path) -> tuple[str, ...]:
    """Return the name of each class, the line as it stands.

    Raises: DataError if the file cannot be read, holds no names, or an empty one.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    if len(raw) > _MOST_BYTES:
        raise DataError(f"{path}: it has more than {_MOST_BYTES >> 20} MiB, too many for names")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the text is not UTF-8; save the file as UTF-8") from error
    names = tuple(line.strip() for line in text.rstrip().splitlines())
    if not any(names):
        raise DataError(f"{path}: it holds no class names")
    if "" in names:
        raise DataError(
            f"{path}:{names.index('') + 1}: the name of class {names.index('')} is empty"
        )
    return names
