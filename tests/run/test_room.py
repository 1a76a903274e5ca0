from __future__ import annotations

from pathlib import Path

import pytest

from protonet.run import room
from protonet.run.job import Job, prepare
from protonet.run.room import largest_batch, told
from tests.small import small_spec


def job(folder: Path) -> Job:
    return prepare(small_spec(folder), None, pytest.fail)


@pytest.mark.parametrize(
    ("batch", "needed", "at_hand", "fits"),
    [
        (64, (1064, 1032), 2000, 800),  # 1 a sample, 1,000 besides; 90 % of what is at hand: 1,800
        (64, (1064, 1032), 1150, 35),
        (64, (1064, 1032), 1000, 0),
        (1, (500, 500), 1000, 1),
        (4, (100, 100), 1000, 0),
    ],
)
def test_the_largest_batch_lies_on_a_line(
    batch: int, needed: tuple[int, int], at_hand: int, fits: int
) -> None:
    assert largest_batch(batch, needed, at_hand) == fits


NEEDED = (
    "about {} are needed, and {} are at hand; the largest tensors: the input data (8, 6) 192 B, "
    "the output of layer hidden (8, 5) 160 B, the output of layer relu (8, 5) 160 B; {}"
)
SAME = "with a larger iter_size, which gives the same updates"


FITS = (
    "the largest batch that would fit is about {}: batch_size: {} with an iter_size 2 times as "
    "large"
)


@pytest.mark.parametrize(
    ("at_hand", "shown", "advice"),
    [
        # 53 parameters, gradients and momenta of 4 bytes, and 104.25 bytes for a sample
        (1400, "1.40 kB", f"{FITS.format(5, 4)} gives the same updates"),
        (10**9, "1.00 GB", f"{FITS.format(4, 4)} gives the same updates"),
        (100, "100 B", "not one sample fits: make the net smaller"),
    ],
)
def test_the_largest_tensors_and_the_largest_batch_are_named(
    at_hand: int, shown: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda device: at_hand)
    text = told(job(tmp_path))
    needed = text.split()[1] + " " + text.split()[2]
    assert text == NEEDED.format(needed, shown, advice)


def test_where_nobody_knows_what_is_free_there_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda device: None)
    assert told(job(tmp_path)).endswith(f"; make the net smaller, or batch_size {SAME}")
