"""Which kind of input a path holds: a folder of images, a list file, or IDX files."""

from __future__ import annotations

import os
from pathlib import Path

from protonet.convert.files import is_image_name, shown
from protonet.convert.idx_pair import image_files, is_idx_name, list_pairs
from protonet.convert.list_file import list_file
from protonet.convert.options import ConvertOptions
from protonet.convert.set_folder import list_folder
from protonet.convert.source import Part
from protonet.errors import DataError, UsageError


def find_parts(source: Path, options: ConvertOptions) -> tuple[Part, ...]:
    """List what `source` holds: one part for each table, or a single one.

    A folder with IDX files of images is read as those; any other folder holds class folders, or
    the parts of a set with class folders in each. A file is IDX by its name, `…-ubyte` or `….idx`,
    else a list. The table `train` comes first.

    Raises: DataError if it does not exist or holds none of these; UsageError if an option does not
    fit.
    """
    if not os.path.exists(source):
        raise DataError(f"{shown(source)}: there is no such file or folder")
    if options.root is not None and (source.is_dir() or is_idx_name(source.name)):
        raise UsageError(
            f"--root {options.root}: only a list file has paths; {shown(source)} is none"
        )
    if source.is_dir():
        parts = list_pairs(image_files(source)) or list_folder(source, gray=options.gray)
    else:
        parts = _from_file(source, options)
    parts = tuple(sorted(parts, key=lambda part: part.table != "train"))
    if options.split and len(parts) > 1:
        names = ", ".join(str(part.table) for part in parts)
        raise UsageError(
            f"--split: {shown(source)} holds several sets already, which become the tables "
            f"{names}; to split one of them, convert it by itself"
        )
    return parts


def _from_file(source: Path, options: ConvertOptions) -> tuple[Part, ...]:
    if is_image_name(source.name):
        raise UsageError(
            f"{shown(source)}: is a single image; expected a folder of class folders, a list file "
            "or IDX files"
        )
    if is_idx_name(source.name):
        return list_pairs([source])
    return (list_file(source, root=options.root, gray=options.gray),)
