from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe import synset
from protonet.caffe.synset import read_classes
from protonet.errors import DataError


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_classes(path)
    return str(error.value)


def test_each_line_is_a_class(tmp_path: Path) -> None:
    file = tmp_path / "synset_words.txt"
    file.write_text("n01440764 tench, Tinca tinca\r\nn01443537 goldfish \n\n", encoding="utf-8-sig")

    assert read_classes(file) == ("n01440764 tench, Tinca tinca", "n01443537 goldfish")


def test_what_holds_no_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "names.txt"
    assert refusal(file) == f"{file}: No such file or directory"

    file.write_text("\n\n")
    assert refusal(file) == f"{file}: it holds no class names"

    file.write_text("a\n\nb\n")
    assert refusal(file) == f"{file}:2: the name of class 1 is empty"

    file.write_bytes(b"caf\xe9\n")
    assert refusal(file) == f"{file}: the text is not UTF-8; save the file as UTF-8"

    monkeypatch.setattr(synset, "_MOST_BYTES", 1 << 20)
    file.write_bytes(b"a" * ((1 << 20) + 1))
    assert refusal(file) == f"{file}: it has more than 1 MiB, too many for names"
