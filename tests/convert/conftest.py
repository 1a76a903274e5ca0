from __future__ import annotations

from pathlib import Path

import pytest

from tests.convert.pictures import class_folders


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder of two class folders, with 5 and 10 pictures; other tests make their own."""
    return class_folders(tmp_path / "photos", cat=5, dog=10)
