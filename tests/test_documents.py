"""The specs in the documents are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from protonet.cli import main

ROOT = Path(__file__).parent.parent
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[str]:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    return _YAML.findall(text)


def test_the_language_is_shown_by_examples() -> None:
    assert len(examples()) >= 4


@pytest.mark.parametrize("text", examples())
def test_an_example_of_the_language_is_valid(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path / "docs")
    if "$data.classes" in text:
        text = text.replace("photos.lmdb/train", "dataset://mnist/train")
    Path("example.yaml").write_text(text, encoding="utf-8")
    code = main(["check", "example.yaml", "--strict"])
    assert (code, capsys.readouterr().err) == (0, "")
