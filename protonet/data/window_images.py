"""The image files that windows are cut out of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.data.image import Pixels, decode, image_errors
from protonet.data.window_file import Whole
from protonet.errors import DataError


@dataclass(frozen=True, slots=True)
class WindowImages:
    """The image files of a window file.

    Attributes:
        where: the window file, for messages.
        paths: of the images.
        lines: the line of each in the window file.
        sizes: height and width of each, (images, 2).
        kept: bytes of the files that were read, by number; None keeps none.
    """

    where: str
    paths: Sequence[str]
    lines: Sequence[int]
    sizes: Whole
    kept: dict[int, bytes] | None = None

    def pixels(self, number: int) -> Pixels:
        """Return an image, (H, W, 3), red, green, blue.

        Raises: DataError if it cannot be read, or has another size than the window file says.
        """
        where = f"{self.where}:{self.lines[number]}"
        with image_errors(f"{where}: {shown(self.paths[number])}"):
            pixels = decode(self._content(number), gray=False).pixels
        height, width = pixels.shape[:2]
        if (height, width) != tuple(self.sizes[number].tolist()):
            rows, columns = self.sizes[number].tolist()
            raise DataError(
                f"{where}: {shown(self.paths[number])} is {width}x{height} pixels, and the window "
                f"file says {columns}x{rows}"
            )
        return pixels

    def _content(self, number: int) -> bytes:
        kept = self.kept.get(number) if self.kept is not None else None
        data = Path(self.paths[number]).read_bytes() if kept is None else kept
        if not data:
            raise ValueError("the file is empty")
        if self.kept is not None:
            self.kept[number] = data
        return data

    def identity(self) -> bytes:
        """Return what tells these images from others without reading them: names, sizes, times.

        Raises: DataError if some are missing.
        """
        digest, missing = hashlib.sha256(), list[int]()
        for number, path in enumerate(self.paths):
            try:
                status = os.stat(path)
            except OSError:
                missing.append(number)
                continue
            name = os.fsencode(os.path.basename(path))
            digest.update(b"%s\0%d %d\n" % (name, status.st_size, status.st_mtime_ns))
        if missing:
            first = missing[0]
            raise DataError(
                f"{self.where}:{self.lines[first]}: there is no file {shown(self.paths[first])} "
                f"({len(missing)} of {len(self.paths)} are missing); paths start at the window "
                "file's folder, or at root_folder"
            )
        return digest.digest()


def shown(path: str) -> str:
    """Return a path that can be printed, with replacement characters where it is no UTF-8."""
    return os.fsencode(path).decode(errors="replace")
