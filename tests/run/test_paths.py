from __future__ import annotations

from pathlib import Path

import pytest

from protonet.run.paths import home, near
from protonet.schema import respecified
from tests.small import small_spec


def test_a_path_begins_in_the_folder_of_whoever_gave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    spec = respecified(small_spec(tmp_path), ["data.test.source=a.lmdb"])
    assert home(spec, "data", "train", "source") == tmp_path
    assert home(spec, "data", "test", "source") == here
    assert home(spec, "data", "test", "transform", "mean_file") == tmp_path


@pytest.mark.parametrize(
    ("folder", "written", "expected"),
    [
        ("{here}/configs", "a.lmdb/train", "configs/a.lmdb/train"),
        ("{here}", "a.lmdb", "a.lmdb"),
        ("{here}/configs", "/data/a.lmdb", "/data/a.lmdb"),
        ("/elsewhere", "a.lmdb", "/elsewhere/a.lmdb"),
    ],
)
def test_a_path_below_the_current_folder_is_shown_from_there(
    folder: str, written: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert near(Path(folder.format(here=tmp_path)), written) == expected
