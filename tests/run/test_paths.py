from __future__ import annotations

from pathlib import Path

import pytest

from protonet.run.paths import near


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
