from __future__ import annotations

import pytest

from protonet.caffe.fields import PARAMS_OF_TYPE
from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.refusals import CAFFES
from protonet.errors import PathErrors
from protonet.layers import LAYERS
from protonet.net import prove_phases
from tests.caffe.writing.writing import refusals
from tests.specs import spec_of


def test_everything_that_caffe_has_not_is_told_at_once() -> None:
    assert refusals(
        "name: a, type: nn.Linear, out_features: 3, bottom: flat",
        "name: b, type: nn.GELU",
        "name: rnn, type: LSTM, num_output: 2, bottom: [steps, cont]",
        "name: loss, type: SoftmaxWithLoss, bottom: [b, label], label_smoothing: 0.1",
        inputs="{flat: [4], steps: [T, N, 4], cont: [T, N], label: {shape: [], dtype: int64}}",
        phases=("train", "test"),
    ) == [
        "net.inputs.steps: the axis T may have any length, and every axis of Caffe's has one "
        "(give a number in its place)",
        "net.inputs.cont: the axis T may have any length, and every axis of Caffe's has one "
        "(give a number in its place)",
        "net.layers.0.type: Caffe has no layer type nn.Linear (it has InnerProduct)",
        "net.layers.1.type: Caffe has no layer type nn.GELU (end the net before it "
        "(net.deploy.outputs), or export with --to onnx or --to torch)",
        "net.layers.3.label_smoothing: Caffe's SoftmaxWithLoss has no label_smoothing "
        "(leave it out)",
    ]


def test_what_is_named_instead_exists() -> None:
    for ours, caffes in CAFFES.items():
        assert ours in LAYERS
        assert ours not in PARAMS_OF_TYPE
        assert caffes.replace(",", "").split()[0] in PARAMS_OF_TYPE


def test_a_block_applied_along_an_axis_is_told_as_one_layer() -> None:
    spec = spec_of(
        """
        net:
          inputs: {x: [N, 5, 3], h0: [4]}
          blocks:
            step:
              bottoms: [x, h]
              layers:
                - {name: both, type: Concat, bottom: [x, h]}
                - {name: h_next, type: InnerProduct, num_output: 4}
          layers:
            - {name: rnn, type: Recurrent, block: step, axis: 1, over: {x: x},
               carry: {h: [h_next, h0]}}
        """
    )
    with pytest.raises(PathErrors) as caught:
        write_net(spec.net, {"deploy": prove_phases(spec.net)["deploy"]}, {"deploy": 1})
    assert [one.why for one in caught.value.errors] == ["Caffe has no layer type Recurrent"]
