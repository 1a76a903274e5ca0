"""Pages of LMDB: everything the library wrote is found; nothing that cannot be is followed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protonet.data.lmdb_pages import PageError, first_key, places, values
from tests.data.tables import flipped

KEYS = st.binary(min_size=1, max_size=511)  # LMDB's own bounds
VALUES = st.one_of(
    st.binary(max_size=40),
    st.integers(0, 20_000).map(lambda size: random.Random(size).randbytes(size)),
)


def written(file: Path, *transactions: dict[bytes, bytes | None]) -> bytes:
    """Return the bytes of `data.mdb` after some transactions; None deletes a key."""
    file.unlink(missing_ok=True)
    with lmdb.open(str(file), subdir=False, lock=False, sync=False, map_size=1 << 26) as env:
        for changes in transactions:
            with env.begin(write=True) as transaction:
                for key, value in changes.items():
                    if value is None:
                        transaction.delete(key)
                    else:
                        transaction.put(key, value)
    return file.read_bytes()


def found(content: bytes) -> dict[bytes, bytes]:
    spans = values(memoryview(content))
    return {key: content[span.offset : span.offset + span.size] for key, span in spans.items()}


@settings(max_examples=40)
@given(st.dictionaries(KEYS, VALUES, max_size=60), st.data())
def test_what_the_library_wrote_is_found(
    tmp_path_factory: pytest.TempPathFactory, first: dict[bytes, bytes], data: st.DataObject
) -> None:
    known = st.sampled_from(sorted(first)) if first else KEYS
    second = data.draw(st.dictionaries(st.one_of(known, KEYS), st.none() | VALUES, max_size=30))
    file = tmp_path_factory.getbasetemp() / "hypothesis.mdb"
    content = written(file, dict(first), second)
    left = {key: value for key, value in {**first, **second}.items() if value is not None}
    assert found(content) == left


def test_a_tree_of_three_levels_is_walked(tmp_path: Path) -> None:
    entries = {b"%05d" % number * 80: b"%d" % number for number in range(2000)}  # 400 bytes a key
    content = written(tmp_path / "data.mdb", dict(entries))
    with lmdb.open(str(tmp_path / "data.mdb"), subdir=False, lock=False, readonly=True) as env:
        assert env.stat()["depth"] >= 3
    assert found(content) == entries


def test_an_empty_file_of_lmdb_holds_nothing(tmp_path: Path) -> None:
    assert values(memoryview(written(tmp_path / "data.mdb", {}))) == {}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a file of one leaf page with a small and a large value, the last transaction's."""
    file = tmp_path_factory.mktemp("pages") / "data.mdb"
    return written(file, {b"large": bytes(range(256)) * 40}, {b"small": b"value"})


META = struct.Struct("<16xIIQQ IHHQQQQQ IHHQQQQQ QQ")
"""A meta page: 16 bytes of page header; magic, version, address, map size; the tree of free pages
and that of the data (page size, flags, depth, branches, leaves, overflows, entries, root); last
page, transaction."""
VERSION, PAGE_SIZE, DEPTH, LEAVES, ENTRIES, ROOT, LAST = 1, 4, 14, 16, 18, 19, 20


def page_size(content: bytes) -> int:
    return int(META.unpack_from(content)[PAGE_SIZE])


def newest(content: bytes) -> int:
    """Return where the meta page of the last transaction begins."""
    size = page_size(content)
    return max(0, size, key=lambda at: META.unpack_from(content, at)[-1])


def with_meta(content: bytes, index: int, value: int) -> bytes:
    changed, at = bytearray(content), newest(content)
    facts = list(META.unpack_from(content, at))
    facts[index] = value
    header = content[at : at + 16]
    META.pack_into(changed, at, *facts)
    changed[at : at + 16] = header
    return bytes(changed)


def leaf(content: bytes) -> int:
    """Return where the only leaf page begins."""
    return int(META.unpack_from(content, newest(content))[ROOT]) * page_size(content)


def node(content: bytes, index: int) -> int:
    """Return where a node of the leaf begins: 0 is `large`, 1 `small`."""
    (offset,) = struct.unpack_from("<H", content, leaf(content) + 16 + 2 * index)
    return leaf(content) + int(offset)


def put(content: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def test_the_good_file_is_as_these_tests_expect(good: bytes) -> None:
    assert found(good) == {b"large": bytes(range(256)) * 40, b"small": b"value"}
    facts = META.unpack_from(good, newest(good))
    assert (facts[DEPTH], facts[LEAVES], facts[ENTRIES]) == (1, 1, 2)


def root(content: bytes) -> int:
    return int(META.unpack_from(content, newest(content))[ROOT])


def overflow(content: bytes) -> int:
    """Return the number of the page that `large` lies on."""
    (number,) = struct.unpack_from("<Q", content, node(content, 0) + 8 + len(b"large"))
    return int(number)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], str]]] = {
    "empty": (lambda good: b"", lambda good: "it has only 0 bytes: it was cut short"),
    "151 bytes": (
        lambda good: good[:151],
        lambda good: "it has only 151 bytes: it was cut short",
    ),
    "one page": (
        lambda good: good[: page_size(good)],
        lambda good: f"it has only {page_size(good)} bytes: it was cut short",
    ),
    "one byte less": (
        lambda good: good[:-1],
        lambda good: f"it has {len(good) - 1} bytes of {len(good)}: it was cut short",
    ),
    "foreign": (
        lambda good: b"\x89HDF\r\n\x1a\n" * 1000,
        lambda good: "it is not an LMDB file, or its first pages are damaged",
    ),
    "a data format of the future": (
        lambda good: put(good, newest(good) + 20, "<I", 2),
        lambda good: "its LMDB data format is 2, and only 1 can be read",
    ),
    "an odd page size": (
        lambda good: put(good, 40, "<I", 4097),
        lambda good: "its first pages are damaged",
    ),
    "a tree of 33 levels": (
        lambda good: with_meta(good, DEPTH, 33),
        lambda good: "its first pages are damaged",
    ),
    "a tree without levels": (
        lambda good: with_meta(good, DEPTH, 0),
        lambda good: "its first pages are damaged",
    ),
    "levels without a tree": (
        lambda good: with_meta(good, ROOT, (1 << 64) - 1),
        lambda good: "its first pages are damaged",
    ),
    "one level too many": (
        lambda good: with_meta(good, DEPTH, 2),
        lambda good: f"page {root(good)} is damaged: it is no page of the tree of keys",
    ),
    "no leaves": (
        lambda good: with_meta(good, LEAVES, 0),
        lambda good: "its tree of keys is damaged: it meets a page twice",
    ),
    "another number of entries": (
        lambda good: with_meta(good, ENTRIES, 3),
        lambda good: "it holds 2 entries of 3",
    ),
    "a root past the end": (
        lambda good: with_meta(good, ROOT, 1 << 40),
        lambda good: f"it refers to page {1 << 40} of {len(good) // page_size(good)}",
    ),
    "a root that is a meta page": (
        lambda good: with_meta(good, ROOT, 1),
        lambda good: f"it refers to page 1 of {len(good) // page_size(good)}",
    ),
    "a page of another number": (
        lambda good: put(good, leaf(good), "<Q", 77),
        lambda good: f"page {root(good)} is damaged: it calls itself 77",
    ),
    "nodes past the end of the page": (
        lambda good: put(good, leaf(good) + 12, "<H", 0xFFFF),
        lambda good: f"page {root(good)} is damaged: it is no page of the tree of keys",
    ),
    "a node past the end of the page": (
        lambda good: put(good, leaf(good) + 16, "<H", page_size(good) - 7),
        lambda good: f"page {root(good)} is damaged: a node leaves it",
    ),
    "a long key": (
        lambda good: put(good, node(good, 0) + 6, "<H", 0xFFFF),
        lambda good: f"page {root(good)} is damaged: a key leaves it",
    ),
    "a long value": (
        lambda good: put(good, node(good, 1) + 2, "<H", 1),
        lambda good: "an entry is damaged, or of a kind that protonet does not write",
    ),
    "a value that is a table of LMDB's": (
        lambda good: put(good, node(good, 1) + 4, "<H", 2),
        lambda good: "an entry is damaged, or of a kind that protonet does not write",
    ),
    "a large value that is larger": (
        lambda good: put(good, node(good, 0) + 2, "<H", 0xFFFF),
        lambda good: f"page {overflow(good)} is damaged: it does not hold its value",
    ),
    "a large value of more pages than there are": (
        lambda good: put(good, overflow(good) * page_size(good) + 12, "<I", 1 << 31),
        lambda good: f"page {overflow(good)} is damaged: it does not hold its value",
    ),
    "a large value on a leaf": (
        lambda good: put(good, node(good, 0) + 13, "<Q", root(good)),
        lambda good: f"page {root(good)} is damaged: it does not hold its value",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_is_refused(what: str, good: bytes) -> None:
    change, why = BROKEN[what]
    with pytest.raises(PageError) as caught:
        values(memoryview(change(good)))
    assert str(caught.value) == why(good)


def test_a_page_below_itself_ends(tmp_path: Path) -> None:
    """A branch page whose every node is the page itself, in a tree of 32 levels."""
    entries: dict[bytes, bytes | None] = {b"%03d" % n * 100: b"" for n in range(100)}
    content = written(tmp_path / "data.mdb", entries)
    top = leaf(content)
    assert struct.unpack_from("<H", content, top + 10) == (1,)  # a branch
    (lower,) = struct.unpack_from("<H", content, top + 12)
    for index in range((lower - 16) // 2):
        content = put(content, node(content, index), "<H", root(content))
    content = with_meta(with_meta(content, DEPTH, 32), LEAVES, 1 << 60)
    with pytest.raises(PageError) as caught:
        values(memoryview(content))
    assert str(caught.value) == "its tree of keys is damaged: it meets a page twice"


def test_the_pages_of_large_values_need_not_be_looked_at(good: bytes) -> None:
    at = overflow(good) * page_size(good)
    changed = bytearray(good)
    changed[at : at + 16] = bytes(16)
    spans = values(memoryview(good))
    assert values(memoryview(changed), all_pages=False) == spans
    offsets, sizes = places(memoryview(changed), all_pages=False)
    assert list(zip(offsets.tolist(), sizes.tolist(), strict=True)) == [
        (spans[key].offset, spans[key].size) for key in (b"large", b"small")
    ]
    pages = len(good) // page_size(good)
    for number in (0, 1, pages - 2, pages, 1 << 40):  # the value takes three pages
        with pytest.raises(PageError, match=f"page {number} is damaged: it does not hold"):
            values(memoryview(put(good, node(good, 0) + 13, "<Q", number)), all_pages=False)


@pytest.mark.parametrize("all_pages", [True, False])
def test_any_flipped_bit_gives_values_or_a_refusal(all_pages: bool, good: bytes) -> None:
    """Every bit of the pages that say where things are; only PageError may be raised."""
    size = page_size(good)
    used = [*range(160), *range(size, size + 160), *range(leaf(good), leaf(good) + size)]
    for position in used:
        for bit in range(8):
            changed = flipped(good, position, bit)
            try:
                spans = values(memoryview(changed), all_pages=all_pages).values()
            except PageError:
                continue
            assert all(0 <= span.offset <= span.offset + span.size <= len(good) for span in spans)


def test_places_are_those_of_the_values_in_the_order_of_their_keys(tmp_path: Path) -> None:
    entries: dict[bytes, bytes | None] = {
        b"%05d" % number: random.Random(number).randbytes(number % 7000) for number in range(500)
    }
    content = written(tmp_path / "a.mdb", entries)
    offsets, sizes = places(memoryview(content))
    values_in_order = [
        content[offset : offset + size]
        for offset, size in zip(offsets.tolist(), sizes.tolist(), strict=True)
    ]
    assert values_in_order == [entries[key] for key in sorted(entries)]
    offsets, sizes = places(memoryview(written(tmp_path / "b.mdb", {})))
    assert (len(offsets), len(sizes)) == (0, 0)
    with pytest.raises(PageError, match="it was cut short"):
        places(memoryview(content[:-5000]))


def test_the_least_key_is_found_without_the_others(tmp_path: Path) -> None:
    keys = {b"%05d" % number: b"" for number in range(5_000)}  # a tree of several levels
    assert first_key(memoryview(written(tmp_path / "data.mdb", {**keys, b"00": b"x"}))) == b"00"
    assert first_key(memoryview(written(tmp_path / "data.mdb", {}))) is None
    with pytest.raises(PageError):
        first_key(memoryview(b"x" * 500))
