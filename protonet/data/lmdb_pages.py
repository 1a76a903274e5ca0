"""Finds the values of an LMDB file by reading its pages, and trusts none of them.

The LMDB library follows whatever its pages say: a flipped bit or a file cut short makes it read
outside the map, which kills the process. Here every page number, offset and length is checked
before it is used.

An LMDB file (data format 1, 64-bit, little-endian) is a row of pages of equal size:

    every page    number u64, pad u16, flags u16, lower u16, upper u16
                  (in the first page of a large value, instead of the last two: its pages u32)
    pages 0, 1    meta: magic u32, version u32, address u64, map size u64,
                  the tree of free pages, the tree of the data,
                  last page u64, transaction u64; of the two, the later transaction counts
    a tree        page size u32 (in the first), flags u16, depth u16, branch pages u64,
                  leaf pages u64, overflow pages u64, entries u64, root u64
    branch, leaf  after the page's header the offsets u16 of the nodes, up to `lower`
    a node        low u16, high u16, flags u16, key size u16, key, and then
                  in a leaf the value, whose size is low and high, or, if it is large,
                  the number u64 of the overflow page it begins on;
                  in a branch nothing: low, high and flags are the number of the page below

Source: lmdb.h and mdb.c of LMDB 0.9, structures MDB_page, MDB_meta, MDB_db, MDB_node.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from protonet.data.layout import Rows

Buffer = memoryview

_PAGE = struct.Struct("<QHHHH")
_META = struct.Struct("<IIQQ")
_TREE = struct.Struct("<IHHQQQQQ")
_LAST = struct.Struct("<QQ")
_NODE = struct.Struct("<HHHH")
_NUMBER = struct.Struct("<Q")

_MAGIC, _VERSION = 0xBEEFC0DE, 1
_BRANCH, _LEAF, _OVERFLOW, _IS_META = 0x01, 0x02, 0x04, 0x08
_LARGE = 0x01
_EMPTY = (1 << 64) - 1
_PAGE_SIZES = tuple(1 << bits for bits in range(9, 17))
_DEEPEST = 32


class PageError(Exception):
    """Why the file cannot be read; the caller says which file."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value lies in the file, in bytes."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Meta:
    page_size: int
    depth: int
    tree_pages: int
    entries: int
    root: int
    pages: int
    transaction: int


def values(file: Buffer, *, all_pages: bool = True) -> dict[bytes, Span]:
    """Return where each key's value lies.

    Args:
        file: the whole `data.mdb`.
        all_pages: look at the first page of each large value too, and whether it is that of one.
            These lie all over the file: where values have checksums it is better left.

    Raises: PageError if anything in it cannot be.
    """
    meta = _checked_meta(file)
    if meta.root == _EMPTY:
        return {}
    found = dict(_Walk(file, meta, all_pages).entries(meta.root, meta.depth))
    if len(found) != meta.entries:
        raise PageError(f"it holds {len(found)} entries of {meta.entries}")
    return found


def places(file: Buffer, *, all_pages: bool = True) -> tuple[Rows, Rows]:
    """Return where every value lies, in the order of the keys, as offsets and sizes, (N,) each.

    It takes a tenth of the memory of `values`, whose arguments it has: for databases with a key for
    each record.

    Raises: PageError if anything in the file cannot be.
    """
    meta = _checked_meta(file)
    if meta.root == _EMPTY:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    spans = (span for _, span in _Walk(file, meta, all_pages).entries(meta.root, meta.depth))
    numbers = (number for span in spans for number in (span.offset, span.size))
    pairs = np.fromiter(numbers, np.int64).reshape(-1, 2)
    if len(pairs) != meta.entries:
        raise PageError(f"it holds {len(pairs)} entries of {meta.entries}")
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def first_key(file: Buffer) -> bytes | None:
    """Return the least of the keys, or None where there is none; a few pages are read.

    Raises: PageError if anything in them cannot be.
    """
    meta = _checked_meta(file)
    if meta.root == _EMPTY:
        return None
    key, _ = next(_Walk(file, meta, False).entries(meta.root, meta.depth), (None, None))
    return key


def _checked_meta(file: Buffer) -> _Meta:
    meta = _newest_meta(file)
    if len(file) < meta.pages * meta.page_size:
        raise PageError(
            f"it has {len(file)} bytes of {meta.pages * meta.page_size}: it was cut short"
        )
    return meta


def _newest_meta(file: Buffer) -> _Meta:
    first = _meta(file, 0)
    second = _meta(file, first.page_size)
    return max(first, second, key=lambda meta: meta.transaction)


def _meta(file: Buffer, offset: int) -> _Meta:
    if offset + 152 > len(file):
        raise PageError(f"it has only {len(file)} bytes: it was cut short")
    _, _, flags, _, _ = _PAGE.unpack_from(file, offset)
    magic, version, _, _ = _META.unpack_from(file, offset + 16)
    if magic != _MAGIC or not flags & _IS_META:
        raise PageError("it is not an LMDB file, or its first pages are damaged")
    if version != _VERSION:
        raise PageError(f"its LMDB data format is {version}, and only {_VERSION} can be read")
    page_size, *_ = _TREE.unpack_from(file, offset + 40)
    _, _, depth, branches, leaves, _, entries, root = _TREE.unpack_from(file, offset + 88)
    last, transaction = _LAST.unpack_from(file, offset + 136)
    if page_size not in _PAGE_SIZES or depth > _DEEPEST or (depth == 0) != (root == _EMPTY):
        raise PageError("its first pages are damaged")
    return _Meta(page_size, depth, branches + leaves, entries, root, last + 1, transaction)


class _Walk:
    """One walk over the tree; it meets no more pages than there are."""

    def __init__(self, file: Buffer, meta: _Meta, all_pages: bool) -> None:
        self._file, self._meta, self._all_pages = file, meta, all_pages
        self._left = min(meta.tree_pages, meta.pages)

    def entries(self, number: int, depth: int) -> Iterator[tuple[bytes, Span]]:
        """Yield key and place of every value under a page, `depth` levels high."""
        wanted = _LEAF if depth == 1 else _BRANCH
        self._left -= 1
        if self._left < 0:
            raise PageError("its tree of keys is damaged: it meets a page twice")
        for offset, end in self._nodes(number, wanted):
            low, high, flags, key_size = _NODE.unpack_from(self._file, offset)
            key = offset + _NODE.size
            if key + key_size > end:
                raise PageError(f"page {number} is damaged: a key leaves it")
            if wanted == _BRANCH:
                yield from self.entries(low | high << 16 | flags << 32, depth - 1)
            else:
                value = self._value(key + key_size, end, low | high << 16, flags)
                yield bytes(self._file[key : key + key_size]), value

    def _nodes(self, number: int, wanted: int) -> Iterator[tuple[int, int]]:
        """Yield offset of each node of a page, and the end of the page, in the file."""
        start, flags, lower, upper = self._page(number)
        size = self._meta.page_size
        if flags != wanted or not 16 <= lower <= upper <= size:
            raise PageError(f"page {number} is damaged: it is no page of the tree of keys")
        for node in struct.unpack_from(f"<{(lower - 16) // 2}H", self._file, start + 16):
            if not upper <= node <= size - _NODE.size:
                raise PageError(f"page {number} is damaged: a node leaves it")
            yield start + node, start + size

    def _page(self, number: int) -> tuple[int, int, int, int]:
        if not 2 <= number < self._meta.pages:
            raise PageError(f"it refers to page {number} of {self._meta.pages}")
        start = number * self._meta.page_size
        written, _, flags, lower, upper = _PAGE.unpack_from(self._file, start)
        if written != number:
            raise PageError(f"page {number} is damaged: it calls itself {written}")
        return start, flags, lower, upper

    def _value(self, offset: int, end: int, size: int, flags: int) -> Span:
        if flags == 0 and offset + size <= end:
            return Span(offset, size)
        if flags != _LARGE or offset + _NUMBER.size > end:
            raise PageError("an entry is damaged, or of a kind that protonet does not write")
        (number,) = _NUMBER.unpack_from(self._file, offset)
        if self._all_pages:
            _, kind, low, high = self._page(number)
            pages = low | high << 16
        else:
            kind, pages = _OVERFLOW, -(-(size + _PAGE.size) // self._meta.page_size)
        room = pages * self._meta.page_size - _PAGE.size
        if kind != _OVERFLOW or number < 2 or number + pages > self._meta.pages or size > room:
            raise PageError(f"page {number} is damaged: it does not hold its value")
        return Span(number * self._meta.page_size + _PAGE.size, size)
