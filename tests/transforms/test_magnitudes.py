"""Levels as torchvision's documents and the papers list them."""

from __future__ import annotations

import pytest

from protonet.transforms.magnitudes import usual, wide


def test_auto_augments_ten_levels() -> None:
    levels = usual(10, 331, 662)

    assert levels["ShearX"][9] == pytest.approx(0.3)
    assert levels["Rotate"][3] == pytest.approx(10)
    assert levels["TranslateX"][9] == pytest.approx(300)  # 150 of 331 pixels, of 662
    assert levels["TranslateY"][9] == pytest.approx(150)
    assert levels["Color"][9] == pytest.approx(0.9)
    assert levels["Posterize"].tolist() == [8, 8, 7, 7, 6, 6, 5, 5, 4, 4]
    assert levels["Solarize"][9] == 0
    assert levels["Solarize"][0] == 255


def test_rand_augments_thirty_one_levels() -> None:
    levels = usual(31, 224, 224)

    assert len(levels) == 14
    assert "Invert" not in levels
    assert levels["Rotate"][9] == pytest.approx(9)
    assert levels["Contrast"][9] == pytest.approx(0.27)
    assert levels["Posterize"][9] == 7  # 8 - round(9 * 4 / 30) = 8 - round(1.2)
    assert levels["Solarize"][9] == pytest.approx(178.5)


def test_trivial_augments_wide_levels() -> None:
    levels = wide(31)

    assert set(levels) == set(usual(31, 8, 8))
    assert levels["ShearY"][30] == pytest.approx(0.99)
    assert levels["TranslateX"][30] == 32
    assert levels["Rotate"][30] == 135
    assert levels["Posterize"][30] == 2
    assert levels["Sharpness"][30] == pytest.approx(0.99)
