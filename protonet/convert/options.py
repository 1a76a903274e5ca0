"""What a person may ask of a conversion, checked before anything is read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction

from protonet.errors import UsageError

_SIZE = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
_TABLE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_SLACK = Fraction(1, 10**6)


@dataclass(frozen=True)
class ConvertOptions:
    """How images become a dataset.

    Raises: UsageError if the split has no name, a name twice, a fraction outside 0 to 1, or another
    sum than 1, or if there are fewer than one worker.
    """

    resize: tuple[int, int] | None = None
    """Width and height in pixels of every stored image; None keeps the one size they have."""
    gray: bool = False
    """Store one channel, the Rec. 601 luma, instead of red, green and blue."""
    shuffle: int | None = None
    """Seed of the order of the records; None keeps the order of the source."""
    split: tuple[tuple[str, float], ...] | None = None
    """Name of each table and its fraction of the records, the same fraction of every class."""
    root: str | None = None
    """Folder put in front of every path of a list file; None means the list file's own."""
    force: bool = False
    """Replace a dataset that is already there."""
    workers: int | None = None
    """Number of decoding threads; None means one for each core this process may use."""

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers {self.workers}: at least 1 thread is needed")
        if self.split is not None:
            _check_split(self.split)

    @property
    def threads(self) -> int:
        """Number of decoding threads to use."""
        return self.workers or _cores()


def parse_resize(text: str) -> tuple[int, int]:
    """Return (width, height) in pixels from `WxH`.

    Raises: UsageError if the text is not of that form.

    >>> parse_resize("64x48")
    (64, 48)
    """
    match = _SIZE.fullmatch(text)
    if not match:
        raise UsageError(
            f'--resize "{text}": width and height in pixels are needed, each from 1 to 9999, '
            "for instance --resize 64x48"
        )
    return int(match[1]), int(match[2])


def parse_split(text: str) -> tuple[tuple[str, float], ...]:
    """Return the name and fraction of each table from `NAME:FRACTION,NAME:FRACTION`.

    Raises: UsageError if the text is not of that form.

    >>> parse_split("train:0.8,test:0.2")
    (('train', 0.8), ('test', 0.2))
    """
    return tuple(_part(part, text) for part in text.split(","))


def _part(part: str, text: str) -> tuple[str, float]:
    name, colon, number = part.strip().partition(":")
    try:
        return name, float(number)
    except ValueError as error:
        why = f'"{number}" is no number' if colon else f'"{part.strip()}" has no fraction'
        raise UsageError(
            f'--split "{text}": {why}; give NAME:FRACTION pairs, for instance --split '
            "train:0.8,test:0.2"
        ) from error


def _check_split(split: tuple[tuple[str, float], ...]) -> None:
    text = ",".join(f"{name}:{fraction:g}" for name, fraction in split)
    seen: set[str] = set()
    for name, fraction in split:
        _check_part(name, fraction, text)
        if name in seen:
            raise UsageError(f'--split "{text}": two tables are named {name}')
        seen.add(name)
    total = sum((exact(fraction) for _, fraction in split), Fraction())
    if abs(total - 1) > _SLACK:
        raise UsageError(
            f'--split "{text}": the fractions sum to {float(total):g}, but must sum to 1'
        )


def _check_part(name: str, fraction: float, text: str) -> None:
    if not _TABLE_NAME.fullmatch(name):
        raise UsageError(
            f'--split "{text}": "{name}" cannot name a table; letters, digits, - and _ can, '
            "beginning with no -"
        )
    if not 0 < fraction < 1:
        raise UsageError(
            f'--split "{text}": the fraction of {name} is {fraction:g}, but must lie between 0 '
            "and 1"
        )


def exact(fraction: float) -> Fraction:
    """Return the fraction as a person wrote it: 0.1 is one tenth, not the binary number near it."""
    return Fraction(repr(fraction))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
