"""The tables are held against CAFFE.md's lists, written out here."""

from __future__ import annotations

from protonet.caffe.fields import MESSAGES, PARAMS_OF_TYPE, RETIRED
from protonet.caffe.fork_fields import FORK_TYPES
from protonet.caffe.layer_fields import LAYER_PARAMS

TYPES = """
Data HDF5Data ImageData MemoryData DummyData WindowData Input HDF5Output Parameter
Convolution Deconvolution Pooling SPP LRN Im2col Crop
RNN LSTM LSTMUnit
InnerProduct Dropout Embed
ReLU PReLU ELU Sigmoid TanH AbsVal Power Exp Log BNLL Threshold Clip Swish Bias Scale
BatchNorm MVN
Flatten Reshape Split Concat Slice Eltwise Filter BatchReindex Tile Reduction ArgMax Silence
Softmax Python
SoftmaxWithLoss MultinomialLogisticLoss InfogainLoss SigmoidCrossEntropyLoss EuclideanLoss
HingeLoss ContrastiveLoss Accuracy
"""
"""CAFFE.md §1.1."""


def test_every_layer_type_of_caffe_is_known() -> None:
    assert sorted(PARAMS_OF_TYPE.keys() - FORK_TYPES.keys()) == sorted(TYPES.split())
    assert len({*TYPES.split()}) == 61


def test_a_fork_changes_no_type_of_caffe() -> None:
    assert not FORK_TYPES.keys() & {*TYPES.split()}


def test_a_solver_has_its_42_fields() -> None:
    assert len(MESSAGES["SolverParameter"]) == 42


def test_every_message_that_a_field_holds_has_its_table() -> None:
    held = {kind.message for fields in MESSAGES.values() for kind in fields.values()} - {""}

    assert held <= MESSAGES.keys()


def test_every_message_of_a_layer_is_read_by_some_type() -> None:
    assert {name for names in PARAMS_OF_TYPE.values() for name in names} == LAYER_PARAMS.keys()


def test_only_losses_that_normalise_read_loss_param() -> None:
    assert PARAMS_OF_TYPE["SoftmaxWithLoss"] == ("softmax_param", "loss_param")
    assert PARAMS_OF_TYPE["EuclideanLoss"] == ()  # it never asks for loss_param


def test_what_is_retired_is_no_field_as_well() -> None:
    assert all(field not in MESSAGES[message] for message, field in RETIRED)
