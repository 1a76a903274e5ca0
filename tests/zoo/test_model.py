"""`model.json`: its bytes, and what is said of one that cannot be used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from protonet.errors import DataError
from protonet.zoo.model import (
    Accuracy,
    FileFacts,
    Model,
    Original,
    damage_of,
    facts_of,
    model_bytes,
    read_model,
)

FACTS = FileFacts(size=3, sha256=hashlib.sha256(b"abc").hexdigest())
MODEL = Model(
    name="tiny",
    task="classification",
    source="the test",
    licence="CC0",
    accuracy=(Accuracy(metric="top1", value=0.75, data="test", by="hand"),),
    parameters=15,
    multiply_adds=12,
    files={"net.yaml": FACTS, "weights.safetensors": FACTS},
    original=Original(url="https://example.org/x", sha256="0" * 64),
)
# SHA-256 of "abc": FIPS 180-2, appendix B.1
TEXT = """\
{
 "version": 1,
 "name": "tiny",
 "task": "classification",
 "source": "the test",
 "licence": "CC0",
 "accuracy": [
  {
   "metric": "top1",
   "value": 0.75,
   "data": "test",
   "by": "hand"
  }
 ],
 "evaluation": null,
 "parameters": 15,
 "multiply_adds": 12,
 "files": {
  "net.yaml": {
   "size": 3,
   "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  },
  "weights.safetensors": {
   "size": 3,
   "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  }
 },
 "original": {
  "url": "https://example.org/x",
  "sha256": "0000000000000000000000000000000000000000000000000000000000000000"
 }
}
"""


def test_the_file_is_written_so_and_reads_back_as_the_same() -> None:
    assert model_bytes(MODEL).decode() == TEXT
    assert read_model(model_bytes(MODEL), "x") == MODEL


def changed(**keys: Any) -> bytes:
    return json.dumps({**json.loads(TEXT), **keys}).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x: this is no model.json"),
        (b"[1]", "x: this is no model.json"),
        (b"[" * 100_000, "x: this is no model.json"),
        (
            changed(version=2, invented="later"),
            "x: written by a newer protonet; upgrade protonet to use this model",
        ),
        (changed(invented=1), "x: this is no model.json: invented: unknown key"),
        (changed(**{"\x1b[31m": 1}), "x: this is no model.json: \\x1b[31m: unknown key"),
        (
            changed(files={"../../.bashrc": json.loads(TEXT)["files"]["net.yaml"]}),
            "x: this is no model.json: files: the files are net.yaml and weights.safetensors, and "
            "no other",
        ),
        (
            changed(original={"url": "u", "sha256": "abc"}),
            "x: this is no model.json: original.sha256: no SHA-256",
        ),
    ],
)
def test_another_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as raised:
        read_model(data, "x")
    assert str(raised.value) == message


def test_damage_is_told_by_file(tmp_path: Path) -> None:
    for name in MODEL.files:
        (tmp_path / name).write_bytes(b"abc")
    assert facts_of(tmp_path / "net.yaml") == FACTS
    assert damage_of(tmp_path, MODEL) == ""

    (tmp_path / "weights.safetensors").write_bytes(b"abd")
    found = hashlib.sha256(b"abd").hexdigest()
    assert damage_of(tmp_path, MODEL) == (
        f"weights.safetensors: its SHA-256 is {found}, not {FACTS.sha256}"
    )
    assert damage_of(tmp_path, MODEL, ("net.yaml",)) == ""

    (tmp_path / "net.yaml").write_bytes(b"ab")
    assert damage_of(tmp_path, MODEL) == "net.yaml: 2 bytes, and the model's has 3"
    (tmp_path / "net.yaml").unlink()
    assert damage_of(tmp_path, MODEL) == "net.yaml: No such file or directory"
