from __future__ import annotations

import numpy as np

from protonet.convert.batches import Batch
from protonet.convert.duplicates import Duplicates
from protonet.convert.files import ImageFiles
from protonet.convert.source import Part

PART = Part(ImageFiles([f"{letter}.jpg" for letter in "abcdef"], gray=False), {}, None)


def batch(**hashes: int) -> Batch:
    """Return a batch of images, by their letter, a being 0, with their hashes."""
    rows = np.array([ord(letter) - ord("a") for letter in hashes])
    return Batch({}, rows, hashes=np.array(list(hashes.values()), np.uint64))


def test_records_of_two_tables_are_told() -> None:
    seen = Duplicates()
    seen.begin("train", PART)
    seen.add(batch(a=1, b=2))
    seen.add(batch(c=3))
    seen.begin("test", PART)
    seen.add(batch(d=3, e=4, f=1))
    assert list(seen.notes()) == [
        "2 of the 3 records of test are in train too, which flatters what is measured on them: "
        "d.jpg is c.jpg"
    ]


def test_records_that_occur_twice_in_one_table_are_not() -> None:
    seen = Duplicates()
    seen.begin("train", PART)
    seen.add(batch(a=1, b=1))
    seen.begin("test", PART)
    seen.add(batch(c=2))
    seen.begin("val", PART)
    assert list(seen.notes()) == []


def test_without_hashes_nothing_is_compared() -> None:
    seen = Duplicates()
    for table in ("train", "test"):
        seen.begin(table, PART)
        seen.add(Batch({}, np.array([0])))
    assert list(seen.notes()) == []
