"""A walk over a message that leaves its arrays where they are.

protobuf copies every number of a message, one by one, into objects of its own: of a net of 240 MB
that takes seconds, and its size once more. So arrays are only found here, by the tags around them,
and all that is left, a few kilobytes, is what protobuf reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from protonet.protobuf.schema import ARRAYS, MESSAGES, RAW

Buffer = bytes | memoryview
Place = tuple[tuple[int, int], ...]
"""Of a message inside others: number of the field, and how manieth of that number, from the
outermost one inwards."""

MOST_FIELDS = 2_000_000
"""Fields beside arrays that are looked at; the largest nets have some ten thousand."""

MOST_REST = 64 << 20
"""Bytes beside arrays; the largest nets have some hundred thousand."""

_MOST_SHIFT = 63
_FIXED = {1: 8, 5: 4}
"""Bytes of a value, by its wire type, where that says it."""


class BrokenError(Exception):
    """The bytes are no such message; its text says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Numbers that lie one after the other.

    Attributes:
        start: of the first, in the buffer.
        count: how many there are.
        kind: of each, in NumPy's words.
        step: bytes from one to the next: more than one takes where a tag stands before each.
    """

    start: int
    count: int
    kind: str
    step: int


@dataclass(slots=True)
class Walk:
    """What a walk has found.

    Attributes:
        buffer: the whole message.
        pieces: the arrays of each message that may hold one, by its place.
        fields: how many fields were looked at.
        rest: how many bytes of them are left for protobuf.
    """

    buffer: Buffer
    pieces: dict[Place, list[Piece]] = field(default_factory=dict)
    fields: int = 0
    rest: int = 0
    _counts: dict[tuple[Place, int], int] = field(default_factory=dict)

    def without_arrays(self, name: str) -> bytes:
        """Return the message without the numbers of its arrays, and remember where those are.

        Args:
            name: of the message, one of `MESSAGES`.

        Raises: BrokenError if it is none, or holds more than any real file beside its arrays.
        """
        return self._message(name, 0, len(self.buffer), ())

    def _message(self, name: str, start: int, end: int, place: Place) -> bytes:
        arrays = ARRAYS.get(name, {})
        inner = {one.number: one for one in MESSAGES[name].values() if one.message}
        pieces = self.pieces.setdefault(place, []) if arrays else []
        kept: list[bytes] = []
        for tag, at, stop in self._fields(start, end, arrays, pieces):
            number = tag >> 3
            if number in inner and tag & 7 == 2:
                one = inner[number]
                below = (*place, (number, self._count(place, number) if one.repeated else 0))
                content = self._message(one.message, at, stop, below)
                kept.append(varint_of(tag) + varint_of(len(content)) + content)
            else:
                self._count_rest(stop - at)
                size = varint_of(stop - at) if tag & 7 == 2 else b""
                kept.append(varint_of(tag) + size + bytes(self.buffer[at:stop]))
        return b"".join(kept)

    def _fields(
        self, start: int, end: int, arrays: Mapping[int, str], pieces: list[Piece]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield tag, start and end of the value of every field that is no array; add those that
        are to the pieces."""
        at = start
        while at < end:
            before = at
            tag, at = self._varint(at, end)
            number, wire = tag >> 3, tag & 7
            at, stop = self._extent(number, wire, at, end)
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise BrokenError(f"it has more than {MOST_FIELDS:,} fields")
            if number in arrays and wire in (1, 2, 5):
                at = self._array((before, at, stop, end), arrays[number], wire, pieces)
                continue
            yield tag, at, stop
            at = stop

    def _extent(self, number: int, wire: int, at: int, end: int) -> tuple[int, int]:
        """Return where the value of a field starts and ends."""
        if number == 0:
            raise BrokenError("it has a field of number 0")
        if wire == 0:
            return at, self._varint(at, end)[1]
        size, at = self._varint(at, end) if wire == 2 else (_FIXED.get(wire, 0), at)
        if not size and wire != 2:
            raise BrokenError(f"field {number} is of an unknown kind, {wire}")
        if at + size > end:
            raise BrokenError(f"it ends within field {number}")
        return at, at + size

    def _array(
        self, place: tuple[int, int, int, int], kind: str, wire: int, pieces: list[Piece]
    ) -> int:
        """Note the numbers of an array, packed or each with its tag; return where they end."""
        before, at, stop, end = place
        size = {"<f4": 4, "<f8": 8, RAW: 1}.get(kind, 0)
        if wire != 2 and size not in (0, stop - at):
            raise BrokenError("its numbers are of another size than they say")
        if wire == 2:
            if size and (stop - at) % size:
                raise BrokenError("its numbers end in the middle of one")
            if size and stop > at:
                pieces.append(Piece(at, (stop - at) // size, kind, size))
            return stop
        step = stop - before
        count = self._alike(before, at, step, end)
        if size:
            pieces.append(Piece(at, count, kind, step))
        return before + count * step

    def _alike(self, before: int, at: int, step: int, end: int) -> int:
        """Return how many values follow each other, with the tag of the first before each."""
        width, possible, found, look = at - before, (end - before) // step, 1, 16
        tag = np.frombuffer(self.buffer, np.uint8, width, before)
        while found < possible:
            count = min(look, possible - found)
            begin = before + found * step
            rows = np.frombuffer(self.buffer, np.uint8, count * step, begin).reshape(count, step)
            same = (rows[:, :width] == tag).all(axis=1)
            if not same.all():
                return found + int(same.argmin())
            found, look = found + count, min(look * 4, 1 << 20)
        return found

    def _count(self, place: Place, number: int) -> int:
        before = self._counts.get((place, number), 0)
        self._counts[place, number] = before + 1
        return before

    def _count_rest(self, size: int) -> None:
        self.rest += size
        if self.rest > MOST_REST:
            raise BrokenError(f"it holds more than {MOST_REST >> 20} MiB beside its arrays")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """Return a whole number of up to ten bytes, and where the next byte stands."""
        number = shift = 0
        while at < end:
            byte = self.buffer[at]
            number, at = number | (byte & 127) << shift, at + 1
            if byte < 128:
                return number, at
            shift += 7
            if shift > _MOST_SHIFT:
                raise BrokenError("a number in it has more than ten bytes")
        raise BrokenError("it ends within a number")


def varint_of(number: int) -> bytes:
    """Return a whole number as the wire has it."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
