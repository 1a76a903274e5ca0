from __future__ import annotations

import json
import math
from dataclasses import replace

from protonet.run.inspection import Inspection
from protonet.run.replay import Replay
from protonet.run.replay_text import replay_data, replay_lines
from protonet.run.replaying import Change, Outcome, Replayed
from protonet.run.values import Values
from protonet.run.watch import Fault, Given
from tests.run.test_replay import FACTS, MACHINE

ONE = Values((2, 1), "float32", -1.5, 2.0, 0.25, finite=2, nan=0, infinite=0)
BAD = Values((2, 3), "float16", None, None, None, finite=0, nan=2, infinite=4)
TOLD = "the output of layer ip is not finite"


def seen(fault: Fault | None, loss: float = math.nan) -> Inspection:
    given = [Given("ip", "InnerProduct", "ip", BAD if fault else ONE)]
    return Inspection({"data": ONE}, given, {"ip/weight": BAD if fault else ONE}, loss, loss, fault)


def outcome(*, device: str = "cpu") -> Outcome:
    facts = FACTS.model_copy(update={"machine": MACHINE.model_copy(update={"device": device})})
    own = Replayed("fp16", seen(Fault(TOLD)), TOLD, {})
    change = {"ip/weight": Change(2.0, 0.5, 0.25), "ip/bias": Change(0.0, 0.0, 0.0)}
    plain = Replayed("float32", seen(None, 1.25), "", change)
    return Outcome("lenet", Replay(facts, "", {}, {}, []), own, plain)


def test_every_layer_is_a_line() -> None:
    assert replay_lines(outcome()) == [
        "lenet, iteration 7, fp16: trained on cpu, repeated on the CPU",
        "",
        "layer  type          top   shape    min  max  mean  nan  inf",
        "       input         data  (2, 1)  -1.5    2  0.25",
        "ip     InnerProduct  ip    (2, 3)     -    -     -    2    4",
        "",
        "gradients, in the order in which they arrive on the way back",
        "           shape   min  max  mean  nan  inf",
        "ip/weight  (2, 3)    -    -     -    2    4",
        "",
        "loss nan  lr 0.1  gradient norm nan",
        "update: none is applied",
        "then: the output of layer ip is not finite",
        "now: the output of layer ip is not finite",
        "in float32: all is finite",
        "reproduced",
    ]


def test_what_is_finite_here_says_so_and_how_much_changes() -> None:
    full = outcome(device="cuda:0")
    assert full.plain is not None
    lines = replay_lines(replace(full, own=full.plain, plain=None))
    assert lines[:2] == [
        "lenet, iteration 7, float32: trained on cuda:0, repeated on the CPU",
        "what a layer draws at random (Dropout) is drawn otherwise than on cuda:0",
    ]
    assert lines[-5:] == [
        "loss 1.25  lr 0.1  gradient norm 1.25",
        "update: weights of norm 2 change by 0.5 (0.25 of it), one of them by 0.25",
        "then: the output of layer ip is not finite",
        "now: all is finite",
        "not reproduced on the CPU; it was computed on cuda:0 with torch 2.11.0",
    ]


def test_lines_fit_a_terminal() -> None:
    assert max(map(len, replay_lines(outcome(), 60)[2:9])) <= 60


def test_plain_data_have_null_for_what_is_no_number() -> None:
    found = json.loads(json.dumps(replay_data(outcome()), allow_nan=False))
    own = {
        "shape": [2, 1],
        "dtype": "float32",
        "least": -1.5,
        "most": 2.0,
        "mean": 0.25,
        "finite": 2,
        "nan": 0,
        "infinite": 0,
    }
    assert {key: found[key] for key in ("name", "iteration", "seed", "lr", "records", "then")} == {
        "name": "lenet",
        "iteration": 7,
        "seed": -3,
        "lr": 0.1,
        "records": [[5, 1], [2, 0]],
        "then": TOLD,
    }
    assert found["reproduced"] is True
    assert found["step"]["fault"] == TOLD
    assert found["step"]["loss"] is None
    assert found["step"]["update"] is None
    assert found["step"]["inputs"] == {"data": own}
    assert found["float32"]["layers"] == [
        {"layer": "ip", "type": "InnerProduct", "top": "ip", "values": own}
    ]
    assert found["float32"]["update"]["ip/weight"] == {
        "before": 2.0,
        "change": 0.5,
        "largest": 0.25,
    }
