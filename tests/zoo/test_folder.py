from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import DataError
from protonet.zoo.folder import model_in
from tests.zoo.made import pushed


def test_a_folder_with_a_model_json_is_a_model(tmp_path: Path) -> None:
    pushed(tmp_path)
    model = model_in(tmp_path / "tiny")
    assert model is not None
    assert model.name == "tiny"


def test_other_folders_and_files_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("net: {}")
    for name in ("", "gone", "a.yaml"):
        assert model_in(tmp_path / name) is None


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "one" / "model.json").mkdir(parents=True)
    with pytest.raises(DataError, match=r"one/model\.json: cannot be read: Is a directory"):
        model_in(tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "model.json").write_text("[]")
    with pytest.raises(DataError, match=r"two/model\.json: this is no model\.json"):
        model_in(tmp_path / "two")
