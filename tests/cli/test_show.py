from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from tests.small import small_file

Capture = pytest.CaptureFixture[str]

BLOCKS = """\
name: priced $$
vars: {width: 4}
data:
  train: {source: points.lmdb/train, batch_size: 8, transform: {mean_file: mean.npy}}
net:
  inputs: {data: [6], label: {shape: [], dtype: int64}}
  blocks:
    hidden:
      args: {out: }
      layers:
        - {name: ip, type: InnerProduct, num_output: $out}
        - {name: relu, type: ReLU, top: ip}
  layers:
    - {name: a, type: hidden, out: $width, repeat: 2}
    - {name: scores, type: InnerProduct, num_output: $data.classes}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
"""


def test_a_spec_is_printed_with_everything_written_out(tmp_path: Path, capsys: Capture) -> None:
    small_file(tmp_path)
    (tmp_path / "blocks.yaml").write_text(BLOCKS)
    assert main(["show", str(tmp_path / "blocks.yaml"), "net.layers.a_2/ip.num_output=7"]) == 0
    assert (
        capsys.readouterr().out
        == f"""\
name: priced $$
data:
  train:
    source: {tmp_path}/points.lmdb/train
    batch_size: 8
    transform: {{mean_file: {tmp_path}/mean.npy}}
net:
  inputs:
    data: [6]
    label:
      shape: []
      dtype: int64
  layers:
  - {{name: a_1/ip, type: InnerProduct, bottom: data, num_output: 4}}
  - name: a_1/relu
    type: ReLU
    bottom: a_1/ip
    top: [a_1/ip]
  - {{name: a_2/ip, type: InnerProduct, bottom: a_1/ip, num_output: 7}}
  - name: a_2/relu
    type: ReLU
    bottom: a_2/ip
    top: [a_2/ip]
  - {{name: scores, type: InnerProduct, bottom: a_2/ip, num_output: 3}}
  - name: loss
    type: SoftmaxWithLoss
    bottom: [scores, label]
"""
    )


def test_what_is_shown_is_the_same_spec_wherever_it_lies(tmp_path: Path, capsys: Capture) -> None:
    small_file(tmp_path)
    (tmp_path / "blocks.yaml").write_text(BLOCKS)
    (tmp_path / "elsewhere").mkdir()
    shown = tmp_path / "elsewhere" / "shown.yaml"
    assert main(["show", str(tmp_path / "blocks.yaml")]) == 0
    shown.write_text(capsys.readouterr().out)
    assert main(["show", str(shown)]) == 0
    assert capsys.readouterr().out == shown.read_text()
    assert main(["diff", str(tmp_path / "blocks.yaml"), str(shown), "--format", "json"]) == 0
    found = capsys.readouterr().out
    assert found.count('"path"') == 2  # the two paths, which are absolute now
    assert '"path": "data.train.source"' in found
    assert '"path": "data.train.transform.mean_file"' in found


PLUGIN = """\
import dataclasses
from protonet.layers.relu import RELU
MINE = dataclasses.replace(RELU, name="Mine")
"""


def test_plugins_stay_and_are_found_again(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    path = tmp_path / "net.yaml"
    path.write_text(
        "plugins: [mine.py]\nnet: {inputs: {x: [1]}, layers: [{name: a, type: Mine}]}\n"
    )
    assert main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith(f"plugins: [{tmp_path}/mine.py]\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shown.yaml").write_text(shown)
    assert main(["check", str(tmp_path / "elsewhere" / "shown.yaml")]) == 0


def test_a_net_whose_shapes_cannot_be_is_not_shown(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "net: {inputs: {x: [3]}, layers: [{name: a, type: Softmax, axis: 4}]}\n",
    )
    assert main(["show", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error[PN026] {path}:1:34 net.layers.a: axis 4 does not exist")
