"""Folders of pairs: an image and a mask, or an image and a text.

* Masks: `SRC/images/NAME.jpg` and `SRC/masks/NAME.png`; an image of class numbers becomes the field
  `label`, (H, W) uint8. The folders may be called otherwise, see `IMAGE_FOLDERS`, `MASK_FOLDERS`,
  and may lie in folders train, test and val, each of which becomes a table.
* Texts: `SRC/NAME.jpg` and `SRC/NAME.txt`, without folders below.
An image without its other half, or the other way round, is no record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from protonet.convert.files import ImageFiles, is_image_name, shown
from protonet.convert.frame import Frame
from protonet.convert.set_folder import TABLES
from protonet.convert.source import Part, Reject
from protonet.data.image import Decoded, decode_mask, image_errors
from protonet.errors import DataError
from protonet.records import ChannelOrder

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "JPEGImages")
"""What a folder of images beside masks is called."""
MASK_FOLDERS = ("masks", "mask", "labels", "annotations", "SegmentationClass", "gt")
"""What a folder of masks is called."""


@dataclass(frozen=True)
class MaskFiles:
    """Files of masks, decoded when asked for.

    Args:
        paths: the files.
        images: what each is the mask of, where that is known.
    """

    paths: tuple[str, ...]
    images: ImageFiles | None = None

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    @property
    def channels(self) -> ChannelOrder:
        """A mask has one channel."""
        return "gray"

    def name(self, index: int) -> str:
        """Return the file's path."""
        return shown(self.paths[index])

    def content(self, index: int) -> bytes:
        """Read one file.

        Raises: DataError naming the file and why it cannot be read.
        """
        with image_errors(self.name(index)):
            return Path(self.paths[index]).read_bytes()

    def load(self, index: int) -> Decoded:
        """Read and decode one file.

        Raises: DataError naming the file and why it cannot be read, or that it has not the size of
            its image.
        """
        with image_errors(self.name(index)):
            mask = decode_mask(self.content(index))
        if self.images is not None:
            self._check_size(mask.pixels.shape[:2], self.images, index)
        return mask

    def _check_size(self, size: tuple[int, ...], images: ImageFiles, index: int) -> None:
        wanted = images.size(index)
        if size != wanted:
            raise DataError(
                f"{self.name(index)}: has {size[1]}x{size[0]} pixels, and its image "
                f"{images.name(index)} has {wanted[1]}x{wanted[0]}; a mask has a number for each "
                "pixel"
            )


def list_masks(folder: Path, *, gray: bool) -> tuple[Part, ...]:
    """List a folder of images and masks, or of folders of them; nothing where it is none.

    Raises: DataError if no image has a mask.
    """
    names = _folders(folder)
    halves = _halves(folder, names)
    if halves:
        return (_mask_part(*halves, None, gray=gray),)
    parts = {name: TABLES[name.lower()] for name in names if name.lower() in TABLES}
    found = [
        (table, _halves(folder / name, _folders(folder / name))) for name, table in parts.items()
    ]
    if not found or not all(pair for _, pair in found):
        return ()
    only = len(found) == 1
    return tuple(
        _mask_part(*pair, None if only else table, gray=gray) for table, pair in found if pair
    )


def read_texts(folder: Path, *, gray: bool) -> Frame | None:
    """Read a folder of images and texts; None where it is none.

    Raises: DataError if a text cannot be read.
    """
    files = {entry.name: entry.path for entry in os.scandir(folder) if entry.is_file()}
    images = _by_stem(name for name in files if is_image_name(name))
    texts = _by_stem(name for name in files if name.lower().endswith(".txt"))
    both = sorted(images.keys() & texts.keys())
    if not both or any(entry.is_dir() for entry in os.scandir(folder)):
        return None
    where = shown(folder)
    alone = [files[images[stem]] for stem in sorted(images.keys() - both)]
    rejects = [Reject(shown(path), f"{shown(path)}: has no text beside it") for path in alone]
    contents = [_text(files[texts[stem]]) for stem in both]
    paths = [files[images[stem]] for stem in both]
    lines = range(1, len(both) + 1)
    return Frame(where, {"text": list(contents)}, lines, None, tuple(rejects),
                 ImageFiles(paths, gray))  # fmt: skip


def _text(path: str) -> str:
    try:
        return " ".join(Path(path).read_text(encoding="utf-8-sig").split())
    except UnicodeDecodeError as error:
        raise DataError(f"{shown(path)}: is no UTF-8") from error
    except OSError as error:
        raise DataError(f"{shown(path)}: cannot be read: {error.strerror or error}") from error


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


def _halves(folder: Path, names: list[str]) -> tuple[Path, Path] | None:
    images = [name for name in names if name in IMAGE_FOLDERS]
    masks = [name for name in names if name in MASK_FOLDERS]
    if len(images) != 1 or len(masks) != 1:
        return None
    return folder / images[0], folder / masks[0]


def _mask_part(images: Path, masks: Path, table: str | None, *, gray: bool) -> Part:
    left, right = _by_stem(_image_names(images)), _by_stem(_image_names(masks))
    both = sorted(left.keys() & right.keys())
    rejects = [*_alone(images, left, right, "mask"), *_alone(masks, right, left, "image")]
    if not both:
        raise DataError(
            f"{shown(images)}: none of its {len(left)} images has a mask of its name in "
            f"{shown(masks)}"
        )
    files = ImageFiles([os.path.join(images, left[stem]) for stem in both], gray)
    return Part(
        files,
        {},
        None,
        table,
        masks=MaskFiles(tuple(os.path.join(masks, right[stem]) for stem in both), files),
        rejects=tuple(rejects),
    )


def _alone(
    folder: Path, these: dict[str, str], others: dict[str, str], what: str
) -> Iterator[Reject]:
    for stem in sorted(these.keys() - others.keys()):
        path = shown(os.path.join(folder, these[stem]))
        yield Reject(path, f"{path}: has no {what}")


def _image_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if is_image_name(entry.name)]


def _by_stem(names: Iterable[str]) -> dict[str, str]:
    return {os.path.splitext(name)[0]: name for name in sorted(names)}
