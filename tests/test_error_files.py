"""Every mistake in tests/errors/ is told in exactly the words beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from protonet.problems import CODES
from tests.error_files import FOLDER, error_files, told

ELSEWHERE = {
    "PN040": "needs data: tests/run/",
    "PN041": "needs data: tests/run/",
    "PN042": "needs a training: tests/run/",
    "PN043": "needs data: tests/run/test_checking.py",
    "PN050": "prototxt: tests/caffe/",
    "PN051": "prototxt: tests/caffe/",
    "PN052": "an export to Caffe: tests/caffe/writing/",
}
"""Codes that no spec alone can raise, and where they are tested."""


@pytest.mark.parametrize("path", error_files(), ids=lambda path: path.stem)
def test_a_mistake_is_told_in_the_recorded_words(path: Path) -> None:
    assert told(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_code_has_an_error_file() -> None:
    told_somewhere = {path.stem.partition("_")[0] for path in error_files()} & CODES.keys()
    assert told_somewhere | ELSEWHERE.keys() == CODES.keys()
    assert not told_somewhere & ELSEWHERE.keys()


def test_a_file_of_one_mistake_has_one_problem_of_its_code() -> None:
    single = [path for path in error_files() if not path.stem.startswith("many")]
    texts = {path.stem: path.with_suffix(".txt").read_text(encoding="utf-8") for path in single}
    wrong = [
        name
        for name, text in texts.items()
        if re.findall(r"^(?:error|warning)\[(\w+)\]", text, re.MULTILINE) != [name.split("_")[0]]
    ]
    assert wrong == []


def test_every_text_has_its_file() -> None:
    texts = {path.stem for path in FOLDER.glob("*.txt")}
    assert texts == {path.stem for path in error_files()}
