"""What docs/zoo.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from protonet.cli import main
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.zoo.index import PUBLISHED

PAGE = (Path(__file__).parents[2] / "docs" / "zoo.md").read_text(encoding="utf-8")


def test_the_example_of_fine_tuning_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("example.yaml").write_text(example, encoding="utf-8")
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=(3, 300, 260)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(Path("photos.lmdb")) as tables:
        for name in ("train", "test"):
            table = tables.table(name, fields, channels="RGB", classes=tuple("abcde"))
            images = np.zeros((32, 3, 300, 260), np.uint8)
            table.write({"data": images, "label": np.arange(32) % 5})
    code = main(["check", "example.yaml"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_every_model_of_the_index_is_on_the_page() -> None:
    assert [name for name in PUBLISHED if f"`{name}`" not in PAGE] == []
