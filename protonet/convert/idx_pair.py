"""IDX files in MNIST's manner: images in one file, labels in the one named like it.

`train-images-idx3-ubyte` (or `.gz`, or `train-images.idx3-ubyte`) belongs to
`train-labels-idx1-ubyte`. A folder with several pairs becomes a dataset of several tables, named
for what stands before `-images`; MNIST's `t10k` becomes `test`. The images are grey, one channel,
and stay so. IDX files are read whole.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.convert.files import shown
from protonet.convert.source import Part, labelled, numbered_classes
from protonet.data.idx import read_idx
from protonet.data.image import Decoded
from protonet.errors import DataError
from protonet.records import ChannelOrder

_IMAGES = re.compile(r"(?:(?P<part>.+?)[-_.])?images(?P<joint>[-.])idx3-ubyte(?P<packed>\.gz)?")
_MNIST_TEST = "t10k"


@dataclass(frozen=True)
class IdxImages:
    """The images of an IDX file.

    Args:
        file: the file they come from, for messages.
        values: (N, H, W), uint8.
    """

    file: str
    values: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.values)

    @property
    def channels(self) -> ChannelOrder:
        """IDX images have one channel."""
        return "gray"

    def name(self, index: int) -> str:
        """Return the file and the image's number in it, from 0."""
        return f"{self.file}, image {index}"

    def content(self, index: int) -> bytes:
        """Return the bytes of one image."""
        return bytes(self.values[index].tobytes())

    def load(self, index: int) -> Decoded:
        """Return one image, (H, W, 1)."""
        return Decoded(self.values[index, ..., np.newaxis], gray=True)


def image_files(folder: Path) -> list[Path]:
    """Return the IDX image files directly in a folder, by name; of a file and its .gz the first.

    Raises: DataError if the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{shown(folder)}: the folder cannot be read: {error.strerror}") from error
    known = set(names)
    found = [name for name in names if _IMAGES.fullmatch(name)]
    return [folder / name for name in found if name.removesuffix(".gz") not in known - {name}]


def is_idx_name(name: str) -> bool:
    """Tell whether a file's name is that of an IDX file."""
    return name.removesuffix(".gz").endswith(("-ubyte", ".idx"))


def list_pairs(files: list[Path]) -> tuple[Part, ...]:
    """Read IDX image files, each with its labels; several become tables named for their parts.

    Raises: DataError if a labels file is missing, the two disagree, or a file is damaged.
    """
    if len(files) == 1:
        return (_pair(files[0], None),)
    return tuple(_pair(file, _table(file)) for file in files)


def _pair(file: Path, table: str | None) -> Part:
    labels_file = _labels_beside(file)
    images, labels = read_idx(file), read_idx(labels_file)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(
            f"{shown(file)}: holds {images.dtype} of {images.ndim} axes; images are uint8 of 3 "
            "axes (N, H, W)"
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise DataError(
            f"{shown(labels_file)}: holds {labels.dtype} of shape {labels.shape}; "
            f"{len(images)} labels (uint8) are needed for the images of {shown(file)}"
        )
    if not len(images):
        raise DataError(f"{shown(file)}: holds no image")
    numbers = labels.astype(np.int64)
    return Part(IdxImages(shown(file), images), labelled(numbers), numbered_classes(numbers), table)


def _labels_beside(file: Path) -> Path:
    match = _IMAGES.fullmatch(file.name)
    if not match:
        raise DataError(
            f"{shown(file)}: an IDX file of images is named like MNIST's, "
            "train-images-idx3-ubyte, so that its labels, train-labels-idx1-ubyte, are found "
            "beside it"
        )
    stem = file.name[: match.start("joint")].removesuffix("images")
    name = f"{stem}labels{match['joint']}idx1-ubyte"
    for candidate in (file.with_name(name), file.with_name(f"{name}.gz")):
        if candidate.exists():
            return candidate
    raise DataError(
        f"{shown(file)}: its labels are missing; there is neither {name} nor {name}.gz beside it"
    )


def _table(file: Path) -> str:
    match = _IMAGES.fullmatch(file.name)
    part = match["part"] if match else None
    return (
        "test" if part == _MNIST_TEST else re.sub(r"[^\w-]", "_", part or "images", flags=re.ASCII)
    )
