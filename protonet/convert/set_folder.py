"""A folder of images: class folders, or the parts of a set, `SRC/train/CLASS/…/image.jpg`.

Folders named train, test or val (or training, testing, valid, validation, in any case) that hold
class folders become the tables `train`, `test`, `val` of one dataset. The classes of all of them
are numbered together, so that a label means the same in each.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from protonet.convert.files import shown
from protonet.convert.folder import class_names, label_order, list_classes
from protonet.convert.source import Part
from protonet.errors import DataError

TABLES = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "test": "test",
        "testing": "test",
        "val": "val",
        "valid": "val",
        "validation": "val",
        "dev": "val",
    }
)
"""Name of a part's folder, in lower case → its table."""


def list_folder(folder: Path, *, gray: bool) -> tuple[Part, ...]:
    """List a folder of class folders, or of the parts of a set: one part for each table.

    Raises: DataError if there is no class folder or no image, a folder cannot be read, or some
        folders look like the parts of a set and the others do not.
    """
    names = class_names(folder)
    parts = {name: TABLES[name.lower()] for name in names if name.lower() in TABLES}
    if not parts or (len(parts) < len(names) and not {"train"} < set(parts.values())):
        return (list_classes(folder, names, gray=gray),)
    _check_parts(folder, names, parts)
    classes = {name: class_names(folder / name) for name in parts}
    every = label_order({one for known in classes.values() for one in known})
    only = len(parts) == 1
    return tuple(
        list_classes(folder / name, every, gray=gray, table=None if only else table)
        for name, table in parts.items()
    )


def _check_parts(folder: Path, names: list[str], parts: dict[str, str]) -> None:
    strange = [name for name in names if name not in parts]
    if strange:
        raise DataError(
            f"{shown(folder)}: {', '.join(parts)} look like the parts of a set, and "
            f"{', '.join(strange)} like none; move either away, or convert each part by itself"
        )
    seen: dict[str, str] = {}
    for name, table in parts.items():
        if table in seen:
            raise DataError(
                f"{shown(folder)}: {seen[table]} and {name} would both become the table {table}; "
                "move one away"
            )
        seen[table] = name
