"""The models in the cache: their folders, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.zoo.cache import Place, pin, pinned, places, source_folder
from protonet.zoo.model import Model, read_model
from tests.zoo.made import pushed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place in which a model was put."""
    place = Place(tmp_path / "cache", "somewhere", "tiny")
    put(place, tmp_path / "models")
    return place


def put(place: Place, models: Path, value: float = 1.0) -> Model:
    """Put a model in its place, as `pull` does."""
    pushed(models, value, force=True)
    with place.held():
        (models / "tiny").rename(place.arriving)
        model = read_model((place.arriving / "model.json").read_bytes(), "x")
        (place.arriving / "model.json").unlink()
        place.put(model)
    return model


def test_a_model_that_was_put_is_found(place: Place) -> None:
    pulled = place.pulled()
    assert pulled is not None
    assert (pulled.model.name, pulled.damage()) == ("tiny", "")
    assert list(places(place.cache)) == [place]


def test_another_revision_lies_in_another_folder_and_the_old_one_goes(
    place: Place, tmp_path: Path
) -> None:
    old = place.pulled()
    put(place, tmp_path / "others", 2.0)
    new = place.pulled()
    assert old is not None
    assert new is not None
    assert old.folder != new.folder
    assert [path.name for path in place.folder.iterdir() if path.is_dir()] == [new.folder.name]


def test_a_model_is_removed_whole(place: Place) -> None:
    assert place.remove() is True
    assert place.pulled() is None
    assert [path.name for path in place.folder.iterdir()] == [".lock"]
    assert place.remove() is False
    assert Place(place.cache, "somewhere", "other").remove() is False


def test_folders_of_mirrors_are_told_apart() -> None:
    assert source_folder("https://example.org/zoo/") == source_folder("https://example.org/zoo")
    names = [source_folder(one) for one in ("https://a/b-c", "https://a/b/c", "/a/b/c", "hf://a/b")]
    assert len(set(names)) == 4
    assert [name[: -len("-12345678")] for name in names] == ["a-b-c", "a-b-c", "a-b-c", "a-b"]


def test_checksums_are_remembered_from_the_first_pull_on(tmp_path: Path) -> None:
    assert pinned(tmp_path, "http://a") is None
    pin(tmp_path, "http://a", "1")
    pin(tmp_path, "http://b", "2")
    assert [pinned(tmp_path, url) for url in ("http://a", "http://b")] == ["1", "2"]
    (tmp_path / "zoo" / "originals.json").write_text("damaged")
    assert pinned(tmp_path, "http://a") is None
