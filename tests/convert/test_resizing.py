from __future__ import annotations

import numpy as np
import pytest

from protonet.convert.resizing import Resize, ShorterSide, resized, shown_resize, target


@pytest.mark.parametrize(
    ("size", "resize", "expected"),
    [
        ((500, 375), ShorterSide(256), (341, 256)),  # 500 · 256 / 375 = 341.33
        ((375, 500), ShorterSide(256), (256, 341)),
        ((3, 2), ShorterSide(5), (8, 5)),  # 7.5 is rounded up
        ((4, 4), ShorterSide(9), (9, 9)),
        ((10_000, 1), ShorterSide(2), (20_000, 2)),
        ((5, 6), (7, 8), (7, 8)),
        ((5, 6), None, (5, 6)),
    ],
)
def test_a_size_follows_from_what_is_asked_for(
    size: tuple[int, int], resize: Resize | None, expected: tuple[int, int]
) -> None:
    assert target(size, resize) == expected


def test_pixels_get_that_size() -> None:
    assert resized(np.zeros((4, 6, 3), np.uint8), ShorterSide(2)).shape == (2, 3, 3)
    assert resized(np.zeros((4, 6, 1), np.uint8), (5, 7)).shape == (7, 5, 1)


def test_a_size_is_shown_as_it_is_asked_for() -> None:
    assert (shown_resize((4, 3)), shown_resize(ShorterSide(9))) == ("4x3", "short:9")
