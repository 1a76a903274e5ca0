from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from protonet.convert.batches import Batch
from protonet.convert.files import ImageFiles
from protonet.convert.report import Findings, Report, TableReport
from protonet.convert.source import Held, Part
from protonet.data.header import FieldSpec, Header

FIELDS = (FieldSpec(name="data", dtype="uint8", shape=(3, 4, 5)),)
GRAY_NOTE = "every image is grey; with --gray a record takes a third of the space"


def table(count: int) -> TableReport:
    return TableReport("a.lmdb", None, Header(fields=FIELDS, count=count, content_hash="0"))


def batch(*, colour: bool = True, **remarks: str) -> Batch:
    """Return a batch of no images, whose remarks are on images by their letter, a being 0."""
    found = {ord(letter) - ord("a"): why for letter, why in remarks.items()}
    return Batch({}, np.arange(0), colour, found)


def notes(*batches: Batch, gray: bool = False) -> tuple[str, ...]:
    images = ImageFiles([f"{letter}.jpg" for letter in "abcdef"], gray)
    findings = Findings(Part(images, {}, None))
    for one in batches:
        findings.add(one)
    return findings.notes()


def test_records_of_all_tables_are_counted() -> None:
    assert Report(Path("a.lmdb"), (table(3), table(4)), (), 1.0).count == 7


def test_colour_images_without_a_fault_are_not_worth_a_word() -> None:
    assert notes(batch(colour=False), batch()) == ()


def test_grey_images_stored_in_colour_are_worth_one() -> None:
    assert notes(batch(colour=False), batch(colour=False)) == (GRAY_NOTE,)
    assert notes(batch(colour=False), gray=True) == ()


def test_damaged_images_are_named_three_of_them_in_full() -> None:
    assert notes(batch(b="two"), batch(a="one")) == (
        "damaged, yet readable: a.jpg (one), b.jpg (two)",
    )
    assert notes(batch(a="1", b="2", c="3", d="4", e="5")) == (
        "damaged, yet readable: a.jpg (1), b.jpg (2), c.jpg (3) and 2 more",
    )


@pytest.mark.parametrize(
    ("labels", "classes", "told"),
    [
        (np.array([-1, 300]), None, "-1 to 300"),
        (np.array([0, 100_000], np.uint32), None, "0 to 100000"),
        (np.array([0, 99_999]), None, None),
        (np.array([-1.0, 2.0]), None, None),
        (np.array([[-1, 300]]), None, None),
        (np.array([0, 1]), ("a", "b"), None),
    ],
)
def test_whole_numbers_that_are_no_classes_are_worth_a_word(
    labels: npt.NDArray[Any], classes: tuple[str, ...] | None, told: str | None
) -> None:
    note = (
        f"the labels go from {told}: they are stored as numbers, for classes are counted from 0 "
        "and below 100,000"
    )
    part = Part(None, {"label": Held(labels)}, classes)
    assert Findings(part).notes() == ((note,) if told else ())


def test_nothing_is_said_of_labels_that_are_not_there() -> None:
    assert Findings(Part(None, {"data": Held(np.array([-1]))}, None)).notes() == ()
