from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.cli import main
from protonet.editor import language_schema

Capture = pytest.CaptureFixture[str]

NET = """\
net:
  inputs: {data: [4]}
  blocks:
    pair: {args: {out: }, layers: [{name: ip, type: InnerProduct, num_output: $out}]}
  layers: [{name: a, type: pair, out: 3}]
"""


def test_the_schema_is_printed(capsys: Capture) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == language_schema()


def test_the_schema_of_a_spec_is_written_to_a_file(tmp_path: Path, capsys: Capture) -> None:
    spec, out = tmp_path / "net.yaml", tmp_path / "net.schema.json"
    spec.write_text(NET, encoding="utf-8")
    assert main(["schema", str(spec), "--out", str(out)]) == 0
    assert capsys.readouterr().out == (
        f"made {out}; a spec beside it begins: # yaml-language-server: $schema=net.schema.json\n"
    )
    assert "layer.pair" in json.loads(out.read_text(encoding="utf-8"))["definitions"]


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "nowhere" / "schema.json"
    assert main(["schema", "--out", str(out)]) == 1
    assert capsys.readouterr().err == (
        f"error: {out} cannot be written: No such file or directory\n"
    )


def test_a_spec_that_is_missing_is_an_error(capsys: Capture) -> None:
    assert main(["schema", "nowhere.yaml"]) == 2
    assert capsys.readouterr().err == "error: nowhere.yaml: no such file\n"
