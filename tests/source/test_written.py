"""Plain data as YAML: what is written reads back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.source import read_source
from protonet.source.written import written

SAID = {
    "name": "net",
    "texts": ["1e-3", "no", "012", "true", "$x", "a: b", "größe", ""],
    "numbers": [1, 0.001, True, None],
    "nested": {"layers": [{"name": "a", "type": "ReLU"}, {"name": "b", "stride": [1, 2]}]},
}


def test_what_is_written_reads_back_as_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(written(SAID), encoding="utf-8")
    assert read_source(tmp_path / "x.yaml").data == SAID


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ({"b": 1, "a": "1e-3"}, "b: 1\na: '1e-3'\n"),
        ({"net": {"layers": [{"name": "a"}]}}, "net:\n  layers:\n  - {name: a}\n"),
    ],
)
def test_texts_that_look_like_numbers_are_quoted_and_keys_keep_their_order(
    plain: dict[str, object], text: str
) -> None:
    assert written(plain) == text
