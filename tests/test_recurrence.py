"""A spec with a block along an axis, as a user meets it: shown, compared, summed up, trained,
stopped and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from protonet.cli import main
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.look.difference import differences, facts_of
from protonet.look.expanded import escaped, expanded_data
from protonet.look.summary import summarise
from protonet.net import Net
from protonet.run.watch import Watch
from protonet.schema import Spec, warnings_of
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [T, N, 3], memory: [2], label: {shape: [], dtype: int64}}
  defaults: {InnerProduct: {weight_filler: xavier}}
  blocks:
    fc:
      args: {out: }
      layers:
        - {name: ip, type: InnerProduct, num_output: $out}
        - {name: drop, type: Dropout, phase: train, top: ip}
    step:
      args: {out: 4}
      bottoms: [x, h, m]
      tops: [h_t]
      layers:
        - {name: both, type: Concat, bottom: [x, h, m]}
        - {name: fc, type: fc, out: $out}
        - {name: h_t, type: nn.Tanh}
    outer:
      bottoms: [x, m]
      layers:
        - {name: ., type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, [4]]},
           constant: {m: m}}
  layers:
    - {name: a, type: Recurrent, block: step, over: {x: data}, constant: {m: memory},
       carry: {h: h_t}, phase: [train, test, deploy]}
    - {name: back, type: Recurrent, block: step, over: {x: data}, constant: {m: memory},
       carry: {h: [h_t, [4]]}, reverse: true, share: a, top: [back, first]}
    - {name: cat, type: Concat, bottom: [a, back], axis: 2}
    - {name: deep, type: Recurrent, block: step, out: 5, over: {x: cat}, constant: {m: memory},
       carry: {h: h_t}, repeat: 2, top: [deep, last]}
    - {name: again, type: outer, bottom: [deep, memory]}
    - {name: all, type: Concat, bottom: [first, last]}
    - {name: ip, type: InnerProduct, num_output: 2}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
"""


def shown(spec: Spec) -> Spec:
    """Return what `protonet show` writes of a spec, loaded again."""
    return spec_of(yaml.safe_dump(escaped(expanded_data(spec)), sort_keys=False))


def test_what_is_shown_loads_to_the_same_net() -> None:
    spec = spec_of(NET)
    again = shown(spec)
    assert differences(facts_of(spec), facts_of(again)) == []
    assert expanded_data(again) == expanded_data(spec)
    first, second = Net(spec.net, seed=4), Net(again.net, seed=4)
    assert {*first.named_tensors()} == {*second.named_tensors()}
    blobs = {
        "data": torch.ones(3, 2, 3),
        "memory": torch.ones(2, 2),
        "label": torch.tensor([0, 1]),
    }
    outputs = [net.in_phase("test")(blobs)["loss"].item() for net in (first, second)]
    assert outputs[0] == outputs[1]


def test_blocks_that_are_left_have_one_use_each() -> None:
    blocks = expanded_data(spec_of(NET))["net"]["blocks"]
    assert [*blocks] == ["a/step", "back/step", "deep_1/step", "deep_2/step", "again/step"]
    ip = {"name": "fc/ip", "type": "InnerProduct", "bottom": "both", "num_output": 4}
    drop = {"name": "fc/drop", "type": "Dropout", "bottom": "fc/ip", "top": ["fc/ip"]}
    assert blocks["back/step"] == {
        "bottoms": ["x", "h", "m"],
        "tops": ["h_t"],
        "layers": [
            {"name": "both", "type": "Concat", "bottom": ["x", "h", "m"], "share": "/a/both"},
            ip | {"share": "/a/fc/ip"},
            drop | {"phase": "train", "share": "/a/fc/drop"},
            {"name": "h_t", "type": "nn.Tanh", "bottom": "fc/ip", "share": "/a/h_t"},
        ],
    }


def test_a_difference_in_a_step_is_told_by_the_layer() -> None:
    one, other = spec_of(NET), spec_of(NET.replace("out: 5,", "out: 6,"))
    told = [str(found) for found in differences(facts_of(one), facts_of(other))]
    assert told == [
        "~ net.layers.deep_1/fc/ip.num_output: 5 → 6",
        "~ net.layers.deep_2/fc/ip.num_output: 5 → 6",
    ]
    turned = spec_of(NET.replace("over: {x: cat}", "over: {x: data}"))
    (found, *_) = differences(facts_of(one), facts_of(turned))
    assert str(found) == '~ net.layers.deep_1.over.x: "cat" → "data"'


def test_the_work_of_a_step_counts_once_a_step() -> None:
    rows = {row.name: row for row in summarise(spec_of(NET), sizes={"T": 7, "N": 2}).layers}
    # per sample: 7 steps of (3 + 4 + 2) × 4; the parameters are (9 + 1) × 4
    assert rows["a/fc/ip"].multiply_adds == 7 * 9 * 4
    assert rows["a/fc/ip"].parameters == 40
    # 7 steps × 2 samples × 4 numbers of 4 bytes
    assert rows["a/fc/ip"].activation_bytes == 7 * 2 * 4 * 4
    assert rows["back/fc/ip"].shared_with == "a/fc/ip"
    assert rows["a"].tops[0].axes == ("T", "N", 4)


def test_what_is_probably_not_meant_is_seen_inside_a_step() -> None:
    text = """\
    net:
      inputs: {data: [T, N, 3], label: {shape: [], dtype: int64}}
      blocks:
        step:
          bottoms: [x, h]
          tops: []
          layers:
            - {name: bn, type: BatchNorm, bottom: x}
            - {name: unread, type: ReLU}
            - {name: h_t, type: Eltwise, bottom: [bn, h]}
      layers:
        - {name: last, type: Recurrent, block: step, over: {x: data}, carry: {h: h_t}}
        - {name: loss, type: SoftmaxWithLoss, bottom: [last, label]}
    """
    told = [(one.code, one.path, one.why) for one in warnings_of(spec_of(text))]
    assert told == [
        ("PN046", "net.layers.last/bn.type", "no Scale follows: this BatchNorm only normalises"),
        ("PN031", "net.layers.last/unread.name", "nobody reads last/unread"),
        ("PN045", "net.layers.loss.name", "no parameter that learns leads to the loss loss"),
    ]


TRAINED = """\
name: parity
data:
  train: {source: bits.lmdb/train, batch_size: 32, shuffle: true}
  test: {source: bits.lmdb/train, batch_size: 64}
net:
  inputs: {data: [6, 1], label: {shape: [], dtype: int64}}
  defaults:
    InnerProduct: {weight_filler: xavier}
  blocks:
    step:
      bottoms: [bit, h]
      tops: []
      layers:
        - {name: both, type: Concat, bottom: [bit, h]}
        - {name: ip, type: InnerProduct, num_output: 12}
        - {name: relu, type: TanH}
        - {name: drop, type: Dropout, dropout_ratio: 0.01}
        - {name: mix, type: InnerProduct, num_output: 12}
        - {name: h_t, type: TanH}
  layers:
    - {name: last, type: Recurrent, block: step, over: {bit: data}, carry: {h: h_t}, axis: 1}
    - {name: scores, type: InnerProduct, num_output: 2}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
    - {name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}
solver: {type: Adam, base_lr: 0.01, momentum: 0.9, momentum2: 0.999, max_iter: 300,
         test_interval: 300, snapshot: 150, display: 100, random_seed: 1, threads: 1}
"""


def parity(folder: Path) -> Path:
    """Write every row of 6 bits with the parity of its first three, and a spec that learns it."""
    rows = np.array([[place >> bit & 1 for bit in range(6)] for place in range(64)])
    labels = rows[:, :3].sum(1) % 2
    fields = (
        FieldSpec(name="data", dtype="float32", shape=(6, 1)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(folder / "bits.lmdb") as created:
        data = (rows[..., None] * 2 - 1).astype(np.float32)
        created.table("train", fields, classes=("even", "odd")).write(
            {"data": data, "label": labels.astype(np.int64)}
        )
    path = folder / "parity.yaml"
    path.write_text(TRAINED)
    return path


@pytest.mark.slow
def test_a_recurrence_learns_and_a_resumed_run_ends_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = parity(tmp_path)
    assert main(["train", str(path), "--run", "whole"]) == 0
    printed = capsys.readouterr().out
    assert "accuracy 1.0000 (64/64)" in printed.splitlines()[-1]
    assert main(["train", str(path), "--run", "parts", "solver.max_iter=150"]) == 0
    assert main(["train", str(path), "--run", "parts", "--resume", "solver.max_iter=300"]) == 0
    weights = [
        (tmp_path / run / "snapshots/iter_300/weights.safetensors").read_bytes()
        for run in ("whole", "parts")
    ]
    assert weights[0] == weights[1]


def test_the_layer_inside_and_its_step_are_named_where_something_is_not_finite() -> None:
    text = TRAINED.partition("data:\n")[0] + TRAINED[TRAINED.index("net:\n") :]
    net = Net(spec_of(text).net, seed=1)
    blobs = {"data": torch.ones(2, 6, 1), "label": torch.tensor([0, 1])}

    def fault() -> str:
        watch = Watch(net)
        with watch.attached([]), torch.no_grad():
            net(blobs)
        return watch.fault.what if watch.fault else ""

    assert fault() == ""
    with torch.no_grad():  # what is carried is 0 in the first step, and 1 in the second
        net.params["last/mix"]["bias"].fill_(100)
        net.params["last/ip"]["weight"][:, 1:] = 3e38
    assert fault() == "the output of layer last/ip is not finite in step 2"
    with torch.no_grad():
        net.params["last/mix"]["weight"].zero_()[0, 0] = float("inf")
    told = "the output of layer last/mix is not finite, and neither is its weight"
    assert fault() == told


def test_check_and_show_print_and_draw_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    assert main(["check", str(path)]) == 0
    assert "layers: 29 in train, 24 in test, 24 in deploy" in capsys.readouterr().out
    assert main(["draw", str(path), str(tmp_path / "net.dot")]) == 0
    capsys.readouterr()
    assert main(["summary", str(path), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["layers"]
    assert [row["name"] for row in rows[:5]] == ["a/both", "a/fc/ip", "a/fc/drop", "a/h_t", "a"]
