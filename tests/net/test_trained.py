from __future__ import annotations

from torch import nn

from protonet.net import Net
from protonet.net.fusing import ScaledStatistics
from protonet.net.trained import as_trained
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [3, 6, 6]}
  layers:
    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3}
    - {name: bn, type: BatchNorm}
    - {name: scale, type: Scale, bias_term: true}
    - {name: relu, type: ReLU}
"""


def test_what_is_fused_is_written_over() -> None:
    module = as_trained(Net(spec_of(NET).net).graph_module)
    kinds = [type(layer) for layer in module.children()]
    assert ScaledStatistics in kinds
    relu = module.get_submodule("relu")
    assert isinstance(relu, nn.ReLU)
    assert relu.inplace
