"""Pictures read, decoded and prepared by threads, in order, batch by batch.

Beside a net that computes elsewhere each thread does a whole batch, ahead of it. On the same cores
net and decoding take turns: all threads do one batch, while nothing computes; together they would
be more threads than there are cores, and those of the net wait for each other. Then the system is
told which files come next, so that a slow disk reads while the net computes. What decodes and
scales does so without Python's lock.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

import numpy as np
import torch

from protonet.convert.files import ImageFiles, shown
from protonet.convert.threads import in_order
from protonet.data.decoding_threads import each
from protonet.data.layout import Array
from protonet.data.quiet import quiet_pillow
from protonet.errors import DataError
from protonet.predict.preparation import Preparation, Prepared


@dataclass(frozen=True, slots=True)
class Rejected:
    """A picture that could not be read or prepared.

    Attributes:
        path: of the file, as text.
        why: with the name of the file.
    """

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class PictureBatch:
    """Some pictures, in order.

    Attributes:
        paths: of those that could be read, as text.
        rejected: the others.
        remarks: what was amiss with some that could be read.
        views: for each way to prepare them, the groups of equal size after what is done on the
            host, and where in `paths` the pictures of each stand, in ascending order.
    """

    paths: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    remarks: tuple[str, ...]
    views: tuple[tuple[tuple[Prepared, Array], ...], ...]

    def samples(self, view: int, device: torch.device, *, channels_last: bool) -> torch.Tensor:
        """Return the samples as the net takes them, (N, C, H, W) float32 on the device.

        Args:
            view: number of the way to prepare them.
            device: of the net.
            channels_last: the memory format.
        """
        groups = self.views[view]
        parts = [
            one.pipeline.device(
                torch.from_numpy(one.images).to(device), one.positions, channels_last=channels_last
            )
            for one, _ in groups
        ]
        if len(parts) == 1:
            return parts[0]
        places = torch.from_numpy(np.argsort(np.concatenate([places for _, places in groups])))
        layout = torch.channels_last if channels_last else torch.contiguous_format
        return torch.cat(parts)[places.to(device)].contiguous(memory_format=layout)


def read_batches(
    paths: Sequence[str],
    views: Sequence[Preparation],
    batch_size: int,
    threads: int,
    *,
    ahead: bool = True,
) -> Generator[PictureBatch, None, None]:
    """Yield the pictures in batches, the last of which may be short.

    Args:
        paths: of the files.
        views: ways to prepare each picture, which decode and scale alike.
        batch_size: pictures in a batch, those that cannot be read among them.
        threads: that read, decode and prepare.
        ahead: while the batches before are used; else when a batch is asked for.
    """
    files = ImageFiles(paths, gray=views[0].channels == 1)
    rows = range(len(paths))
    pieces = [rows[at : at + batch_size] for at in range(0, len(rows), batch_size)]

    def read(rows: range) -> PictureBatch:
        return _batch(files, rows, [_read(files, row, views) for row in rows], views)

    with quiet_pillow():
        if ahead:
            with closing(in_order(read, pieces, threads)) as batches:
                yield from batches
            return
        for piece in pieces:
            found = _read_together(files, piece, views, threads)
            _announce(paths[piece.stop : piece.stop + batch_size])
            yield _batch(files, piece, found, views)


def _announce(paths: Sequence[str]) -> None:
    """Tell the system which files are read next."""
    for path in paths:
        with suppress(OSError, ValueError):  # whatever is wrong is told when it is read
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
            finally:
                os.close(file)


@dataclass(frozen=True, slots=True)
class _Read:
    """A picture as the first transforms leave it, and what was amiss with it."""

    sample: Array
    remark: str | None


def _read_together(
    files: ImageFiles, rows: range, views: Sequence[Preparation], threads: int
) -> list[_Read | Rejected]:
    """Read some pictures, several at a time."""
    found: dict[int, _Read | Rejected] = {}

    def read(place: int) -> None:
        found[place] = _read(files, rows[place], views)

    each(len(rows), read, threads)
    return [found[place] for place in range(len(rows))]


def _read(files: ImageFiles, row: int, views: Sequence[Preparation]) -> _Read | Rejected:
    name = files.name(row)
    try:
        decoded = files.load(row)
        sample = views[0].sample(decoded, name)
        for view in views:
            view.check(sample.shape, name)
    except DataError as error:
        return Rejected(shown(files.paths[row]), str(error))
    return _Read(sample, decoded.remark)


def _batch(
    files: ImageFiles,
    rows: range,
    found: Sequence[_Read | Rejected],
    views: Sequence[Preparation],
) -> PictureBatch:
    whole = {row: one for row, one in zip(rows, found, strict=True) if isinstance(one, _Read)}
    rejected = [one for one in found if isinstance(one, Rejected)]
    remarks = [f"{files.name(row)}: {one.remark}" for row, one in whole.items() if one.remark]
    read = list(whole)
    groups = _groups([one.sample for one in whole.values()])
    positions = np.array(read, np.int64)
    prepared = tuple(
        _joined([(view.prepared(images, positions[at]), at) for images, at in groups])
        for view in views
    )
    names = tuple(files.name(row) for row in read)
    return PictureBatch(names, tuple(rejected), tuple(remarks), prepared)


def _groups(samples: Sequence[Array]) -> list[tuple[Array, Array]]:
    """Return the samples of each size together, and their places."""
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        places[sample.shape].append(place)
    return [(np.stack([samples[at] for at in group]), np.array(group)) for group in places.values()]


def _joined(parts: Sequence[tuple[Prepared, Array]]) -> tuple[tuple[Prepared, Array], ...]:
    """Put pictures together that are of one size by now: what is left to be done to them is the
    same, and done to many at once it takes a fraction of the time."""
    alike: dict[tuple[object, ...], list[tuple[Prepared, Array]]] = defaultdict(list)
    for one, places in parts:
        alike[one.images.shape[1:], one.images.dtype].append((one, places))
    return tuple(map(_one_of, alike.values()))


def _one_of(parts: Sequence[tuple[Prepared, Array]]) -> tuple[Prepared, Array]:
    if len(parts) == 1:
        return parts[0]
    places = np.concatenate([places for _, places in parts])
    order = np.argsort(places)
    images = np.concatenate([one.images for one, _ in parts])[order]
    positions = np.concatenate([one.positions for one, _ in parts])[order]
    return Prepared(images, parts[0][0].pipeline, positions), places[order]
