"""Caffe's LSTM and RNN written as blocks that are applied along T give Caffe's recorded numbers."""

from __future__ import annotations

import pytest
import torch

from protonet.net import Net
from tests.golden.cases import load
from tests.specs import spec_of

LSTM = """\
net:
  inputs: {x: [4, N, 5], cont: [4, N]}
  blocks:
    forward_one:
      layers:
        - {name: ., type: Reshape, axis: 0, num_axes: 0, shape: [1]}
    lstm:
      bottoms: [x, cont, h, c]
      tops: [h_t]
      layers:
        - {name: known, type: Scale, bottom: [h, cont], axis: 0}
        - {name: gates_h, type: InnerProduct, num_output: 12, bias_term: false}
        - {name: gates_x, type: InnerProduct, num_output: 12, bottom: x}
        - {name: sum, type: Eltwise, bottom: [gates_h, gates_x]}
        - {name: gates, type: forward_one}
        - {name: cell, type: forward_one, bottom: c}
        - {name: goes_on, type: forward_one, bottom: cont}
        - {name: unit, type: LSTMUnit, bottom: [cell, gates, goes_on], top: [c_1, h_1]}
        - {name: c_t, type: Reshape, bottom: c_1, axis: 0, num_axes: 2, shape: [-1]}
        - {name: h_t, type: Reshape, bottom: h_1, axis: 0, num_axes: 2, shape: [-1]}
  layers:
    - {name: lstm, type: Recurrent, block: lstm, over: {x: x, cont: cont},
       carry: {h: h_t, c: [c_t, [3]]}}
"""
RNN = """\
net:
  inputs: {x: [4, N, 5], cont: [4, N]}
  blocks:
    rnn:
      bottoms: [x, cont, h]
      tops: [o_t]
      layers:
        - {name: known, type: Scale, bottom: [h, cont], axis: 0}
        - {name: W_hh, type: InnerProduct, num_output: 3, bias_term: false}
        - {name: W_xh, type: InnerProduct, num_output: 3, bottom: x}
        - {name: sum, type: Eltwise, bottom: [W_hh, W_xh]}
        - {name: h_t, type: TanH}
        - {name: W_ho, type: InnerProduct, num_output: 3}
        - {name: o_t, type: TanH}
  layers:
    - {name: rnn, type: Recurrent, block: rnn, over: {x: x, cont: cont}, carry: {h: h_t}}
"""
LSTM_ORDER = ("lstm/gates_x/weight", "lstm/gates_x/bias", "lstm/gates_h/weight")
RNN_ORDER = (
    *("rnn/W_xh/weight", "rnn/W_xh/bias", "rnn/W_hh/weight"),
    *("rnn/W_ho/weight", "rnn/W_ho/bias"),
)


@pytest.mark.parametrize(
    ("case", "text", "order"),
    [
        ("lstm_cont", LSTM, LSTM_ORDER),
        ("rnn_cont", RNN, RNN_ORDER),
    ],
)
def test_a_block_along_time_is_caffes_recurrent_layer(
    case: str, text: str, order: tuple[str, ...]
) -> None:
    recorded = {
        name: torch.from_numpy(array)
        for name, array in load("layers", case).items()
        if array.dtype.kind == "f"
    }
    net = Net(spec_of(text).net)
    tensors, layer = net.named_tensors(), case.partition("_")[0]
    assert {*order} == {*tensors}
    for place, name in enumerate(order):
        tensors[name].data.copy_(recorded[f"param/{layer}/{place}"])
    x = recorded["in/x"].requires_grad_()
    given = net({"x": x, "cont": recorded["in/cont"]})[layer]
    given.backward(recorded["topdiff/h"])

    torch.testing.assert_close(given, recorded["out/h"], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(x.grad, recorded["indiff/x"], rtol=1e-4, atol=1e-6)
    for place, name in enumerate(order):
        expected = recorded[f"paramdiff/{layer}/{place}"]
        torch.testing.assert_close(tensors[name].grad, expected, rtol=1e-4, atol=1e-6)
