"""What a person may ask of a conversion, checked before anything is read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from protonet.convert.encoded_pictures import Encoding
from protonet.convert.resizing import Resize, ShorterSide
from protonet.errors import UsageError

_SIZE = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
_SHORT = re.compile(r"short:([1-9][0-9]{0,3})")
_ENCODING = re.compile(r"(jpg|jpeg):([1-9][0-9]?|100)|png")
_TABLE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_SLACK = Fraction(1, 10**6)

TOKENS = ("words", "characters")
"""What a text can be made of."""


@dataclass(frozen=True)
class TableOptions:
    """How the columns of a table, CSV or Parquet or JSON lines, become fields.

    Raises: UsageError if a number is no number of tokens.
    """

    label: tuple[str, ...] | None = None
    """Names of the columns that hold the label; None takes one that is called like a label."""
    columns: tuple[str, ...] | None = None
    """Names of the columns, of a file that begins with no line of them."""
    ignore: tuple[str, ...] = ()
    """Names of the columns that are left out."""
    text: tuple[str, ...] = ()
    """Names of the columns that are texts, whatever they look like."""
    numbers: bool = False
    """The label is a number to be predicted, not a class, even where it is whole."""
    tokens: Literal["words", "characters"] = "words"
    """What a text is made of: words between spaces, or single characters."""
    length: int | None = None
    """Tokens of every stored text: longer ones are cut; None takes the longest as the measure."""
    vocabulary: int | None = None
    """Most tokens that are known, the frequent ones; None knows all."""

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        for option, value in (("--length", self.length), ("--vocabulary", self.vocabulary)):
            if value is not None and value < 1:
                raise UsageError(f"{option} {value}: at least 1 token is needed")
        if self.tokens not in TOKENS:
            raise UsageError(f'--tokens "{self.tokens}": expected one of {", ".join(TOKENS)}')


@dataclass(frozen=True)
class ConvertOptions:
    """How a source becomes a dataset.

    Raises: UsageError if the split has no name, a name twice, a fraction outside 0 to 1, or another
    sum than 1, or if a number is too small.
    """

    resize: Resize | None = None
    """Width and height in pixels of every stored image, or of its shorter side; None keeps the size
    they have."""
    encode: Encoding | None = None
    """How images are stored, if not as pixels."""
    gray: bool = False
    """Store one channel, the Rec. 601 luma, instead of red, green and blue."""
    shuffle: int | None = None
    """Seed of the order of the records; None keeps the order of the source."""
    split: tuple[tuple[str, float], ...] | None = None
    """Name of each table and its fraction of the records, the same fraction of every class."""
    root: str | None = None
    """Folder put in front of every path of a list or table; None means the file's own."""
    force: bool = False
    """Replace a dataset that is already there."""
    restart: bool = False
    """Begin again, whatever an earlier run that was killed had stored."""
    workers: int | None = None
    """Number of threads, the caller's among them; None means one for each core this process may
    use. Where there are several, one more computes hashes and means."""
    limit: int | None = None
    """Most records of each source table; None takes all."""
    skip: bool = False
    """Leave out what cannot be read, and list it in a report, instead of stopping."""
    caffe: bool = False
    """Write LMDBs of Datum, which Caffe reads."""
    table: TableOptions = field(default=TableOptions())
    """How columns become fields."""

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers {self.workers}: at least 1 thread is needed")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"--limit {self.limit}: at least 1 record is needed")
        if self.split is not None:
            _check_split(self.split)

    @property
    def threads(self) -> int:
        """Number of threads to use."""
        return self.workers or _cores()


def parse_resize(text: str) -> Resize:
    """Return (width, height) in pixels from `WxH`, or the shorter side from `short:N`.

    Raises: UsageError if the text is not of that form.

    >>> parse_resize("64x48"), parse_resize("short:256")
    ((64, 48), ShorterSide(pixels=256))
    """
    short = _SHORT.fullmatch(text)
    if short:
        return ShorterSide(int(short[1]))
    match = _SIZE.fullmatch(text)
    if not match:
        raise UsageError(
            f'--resize "{text}": width and height in pixels are needed, each from 1 to 9999, '
            "for instance --resize 64x48, or the shorter side, --resize short:256"
        )
    return int(match[1]), int(match[2])


def parse_encode(text: str) -> Encoding:
    """Return how images are stored from `jpg:QUALITY` or `png`.

    Raises: UsageError if the text is not of that form.

    >>> parse_encode("jpg:90"), parse_encode("png").form
    (Encoding(form='JPEG', quality=90), 'PNG')
    """
    match = _ENCODING.fullmatch(text)
    if not match:
        raise UsageError(
            f'--encode "{text}": expected jpg:QUALITY, from 1 to 100, or png; for instance '
            "--encode jpg:90"
        )
    return Encoding("JPEG", int(match[2])) if match[1] else Encoding("PNG")


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
