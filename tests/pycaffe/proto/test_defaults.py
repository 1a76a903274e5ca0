from __future__ import annotations

from protonet.caffe.fields import MESSAGES
from protonet.pycaffe.proto.defaults import DEFAULTS
from protonet.pycaffe.proto.messages import classes


def test_every_default_is_of_a_field() -> None:
    for name, values in DEFAULTS.items():
        assert set(values) <= set(MESSAGES[name]), name


def test_what_is_left_out_is_what_caffe_takes_it_for() -> None:
    # CAFFE.md §1.2 and §1.3
    layer, solver = classes()["LayerParameter"](), classes()["SolverParameter"]()

    assert layer.convolution_param.bias_term is True
    assert (layer.lrn_param.local_size, layer.lrn_param.beta) == (5, 0.75)
    assert (layer.dropout_param.dropout_ratio, layer.transform_param.scale) == (0.5, 1)
    assert layer.eltwise_param.operation == layer.eltwise_param.SUM == 1
    assert layer.loss_param.normalization == layer.loss_param.VALID == 1
    assert layer.param.add().lr_mult == 1
    assert (solver.iter_size, solver.clip_gradients, solver.type) == (1, -1, "SGD")
    assert solver.snapshot_format == solver.BINARYPROTO == 1
    assert (solver.test_initialization, solver.random_seed) == (True, -1)
