from __future__ import annotations

import torch

from protonet.caffe.imported import Became
from protonet.problems import Mark, Problem, SourceText
from protonet.run.import_report import Told
from protonet.run.import_weights import Fitted, Needs

MARK = Mark(SourceText("net.prototxt", ("x",)), 3, 5, 6)
LAYERS = (
    Became("mnist", "Data", MARK, "data", ("train", "val")),
    Became("spare", "Data", MARK, "data", ()),
    Became("in", "Input", MARK, "inputs", ("data",)),
    Became("ip", "InnerProduct", MARK, "layer", ("ip",)),
    Became("loss", "SoftmaxWithLoss", MARK, "layer", ("loss_2",)),
)
NEEDS = Needs(
    {"ip/weight": (2, 3), "ip/bias": (2,)}, {"ip": {"weight": "ip/weight", "bias": "ip/bias"}}
)


def test_every_layer_and_parameter_is_accounted_for() -> None:
    weights = {"ip/weight": torch.ones(2, 3), "ip/bias": torch.ones(2)}
    found = Fitted(weights, {"ip/bias": (1, 1, 1, 2)}, {}, (), {"old/0": (4,)})
    note = Problem("PN051", MARK, "layer.ip.engine", "kernels are chosen", "", "", "warning")

    assert list(Told(LAYERS, NEEDS, found, [note], ["there is no x_lmdb"]).lines()) == [
        "layer  type             became                parameters",
        "mnist  Data             data.train, data.val",
        "spare  Data             nothing",
        "in     Input            input data",
        "ip     InnerProduct     layer                 weight (2, 3), bias (2) from (1, 1, 1, 2)",
        "loss   SoftmaxWithLoss  loss_2",
        "",
        "weights: 2 of 2 parameters matched, 8 numbers",
        "  from another shape that holds the same: 1",
        "  in the file, and no parameter of the net: old/0 (4)",
        "",
        "note: net.prototxt:3:5 layer.ip.engine: kernels are chosen",
        "note: there is no x_lmdb",
    ]


def test_what_does_not_fit_stands_out() -> None:
    found = Fitted({}, {}, {"ip/weight": (5, 3)}, ("ip/bias",), {})

    assert list(Told(LAYERS[3:4], NEEDS, found, [], []).lines()) == [
        "layer  type          became  parameters",
        "ip     InnerProduct  layer   weight (2, 3) IS (5, 3), bias (2) MISSING",
        "",
        "weights: 0 of 2 parameters matched, 0 numbers",
        "  of another shape in the file: ip/weight",
        "  not in the file: ip/bias",
    ]


def test_numbers_that_are_not_finite_are_warned_of() -> None:
    weight = torch.tensor([[1, 2, 3], [torch.nan, torch.inf, 0]])
    found = Fitted({"ip/weight": weight, "ip/bias": torch.ones(2)}, {}, {}, (), {})

    assert list(Told(LAYERS[3:4], NEEDS, found, [], []).lines())[3:] == [
        "weights: 2 of 2 parameters matched, 8 numbers",
        "warning: ip/weight: 2 of 6 numbers are not finite",
    ]


def test_a_net_without_weights_is_told_too() -> None:
    assert list(Told(LAYERS[3:4], NEEDS, None, [], []).lines()) == [
        "layer  type          became  parameters",
        "ip     InnerProduct  layer   weight (2, 3), bias (2)",
    ]
