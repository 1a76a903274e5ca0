"""WebDataset's shards: tar files in which files of one name, up to the first dot, are one record.

    000017.jpg    the image
    000017.cls    its class, a number
    000017.txt    a text
    000017.json   an object whose values are columns

`.cls` is the column `label`, `.txt` the column `text`; other files are left out. Several shards are
given as a folder. The tar files are indexed first, and their images read where they lie.
"""

from __future__ import annotations

import os
import tarfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protonet.convert.files import IMAGE_ENDINGS, shown
from protonet.convert.frame import Cell, Frame
from protonet.convert.json_lines import parse_object
from protonet.convert.source import Images, Reject
from protonet.data.image import Decoded, decode, image_errors
from protonet.errors import DataError
from protonet.records import ChannelOrder

_COLUMNS = {"cls": "label", "txt": "text", "text": "text", "caption": "text", "id": "id"}


@dataclass(frozen=True)
class Member:
    """A file within a tar.

    Args:
        shard: number of the tar.
        name: of the file.
        offset: where it begins in the tar, in bytes.
        size: how many it has.
    """

    shard: int
    name: str
    offset: int
    size: int


class Shards:
    """Tar files that are open; closed when they are no longer used.

    Args:
        paths: the files.

    Raises: DataError if one cannot be opened.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.names = [shown(path) for path in paths]
        self._files: list[int] = []
        for path, name in zip(paths, self.names, strict=True):
            try:
                self._files.append(os.open(path, os.O_RDONLY))
            except OSError as error:
                raise DataError(f"{name}: cannot be read: {error.strerror or error}") from error
            weakref.finalize(self, os.close, self._files[-1])

    def read(self, member: Member) -> bytes:
        """Return a file's bytes; several threads may read at once."""
        return os.pread(self._files[member.shard], member.size, member.offset)

    def name(self, member: Member) -> str:
        """Return what messages call a file: the tar and its name."""
        return f"{self.names[member.shard]}: {member.name}"


@dataclass(frozen=True)
class ShardImages:
    """Images in tar files.

    Args:
        shards: the tar files.
        members: the images in them.
        gray: decode to one channel.
    """

    shards: Shards
    members: Sequence[Member]
    gray: bool

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.members)

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return "gray" if self.gray else "RGB"

    def name(self, index: int) -> str:
        """Return the tar and the image's name in it."""
        return self.shards.name(self.members[index])

    def content(self, index: int) -> bytes:
        """Read one image's file.

        Raises: DataError if it cannot be read.
        """
        with image_errors(self.name(index)):
            return self.shards.read(self.members[index])

    def load(self, index: int) -> Decoded:
        """Read and decode one image.

        Raises: DataError naming the image and why it cannot be read.
        """
        with image_errors(self.name(index)):
            return decode(self.content(index), gray=self.gray)


@dataclass
class _Sample:
    """The files of one record, by what follows the first dot of their names."""

    key: str
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def image(self) -> Member | None:
        """The first file that is an image."""
        images = (m for kind, m in self.members.items() if f".{kind}" in IMAGE_ENDINGS)
        return next(images, None)


def tar_files(folder: Path) -> list[Path]:
    """Return the tar files directly in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".tar")


def read_shards(paths: Sequence[Path], *, gray: bool, table: str | None = None) -> Frame:
    """Read shards as one table.

    Raises: DataError if one is no tar or is cut short, or there is no record.
    """
    shards = Shards(paths)
    samples = [one for number, path in enumerate(paths) for one in _samples(path, number)]
    with_image = any(sample.image for sample in samples)
    rows: list[dict[str, Cell]] = []
    kept, rejects = [], []
    for sample in samples:
        row = _row(sample, shards)
        if with_image and sample.image is None:
            name = f"{shards.names[next(iter(sample.members.values())).shard]}: {sample.key}"
            row = Reject(name, f"{name}: has no image")
        if isinstance(row, Reject):
            rejects.append(row)
        else:
            rows.append(row)
            kept.append(sample)
    names = dict.fromkeys(name for row in rows for name in row)
    if not kept or not (names or with_image):
        raise DataError(f"{shards.names[0]}: holds no record: no image, .cls, .txt or .json")
    columns = {name: [row.get(name) for row in rows] for name in names}
    members = [sample.image for sample in kept if sample.image is not None]
    images: Images | None = ShardImages(shards, members, gray) if with_image else None
    where = shards.names[0] if len(paths) == 1 else shown(paths[0].parent)
    return Frame(where, columns, range(1, len(rows) + 1), table, tuple(rejects), images)


def _samples(path: Path, number: int) -> list[_Sample]:
    """Return the records of one tar, in the order of their first files."""
    found: dict[str, _Sample] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                folder, base = os.path.split(info.name)
                stem, _, kind = base.partition(".")
                if info.isfile() and stem and kind:
                    key = os.path.join(folder, stem)
                    member = Member(number, info.name, info.offset_data, info.size)
                    found.setdefault(key, _Sample(key)).members.setdefault(kind.lower(), member)
    except (tarfile.TarError, OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"{shown(path)}: cannot be read as a tar: {why}; a packed one is unpacked first, with "
            "gunzip"
        ) from error
    return list(found.values())


def _row(sample: _Sample, shards: Shards) -> dict[str, Cell] | Reject:
    row: dict[str, Cell] = {}
    for kind, member in sample.members.items():
        if kind == "json":
            found = parse_object(shards.read(member), shards.name(member))
            if isinstance(found, Reject):
                return found
            row |= found
        elif kind in _COLUMNS:
            row[_COLUMNS[kind]] = shards.read(member).decode(errors="replace").strip()
    return row
