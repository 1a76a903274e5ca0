"""A recurrent layer's own keys; what it does is tested where the net is that builds it."""

from __future__ import annotations

import pytest

from protonet.errors import ShapeError
from protonet.layers.record import Blob, Setting
from protonet.layers.recurrence import RECURRENT, RecurrentParams
from tests.specs import spec_of

TEXT = """\
net:
  inputs: {data: [4, 3]}
  blocks: {step: {layers: [{name: relu, type: ReLU}]}}
  layers:
    - {name: r, type: Recurrent, block: step, over: {x: data}, axis: 1}
"""


def test_the_keys_of_a_net_are_kept() -> None:
    layer = spec_of(TEXT).net.layers[1]
    assert layer.params == RecurrentParams(block="step", over={"x": "data"}, axis=1)


def test_it_is_the_net_that_builds_it() -> None:
    params = RecurrentParams(block="step", over={"x": "data"})
    with pytest.raises(ShapeError) as caught:
        RECURRENT.build(params, [Blob((2, 3))], Setting())
    assert caught.value.why == "a Recurrent layer is built by its net, which knows the block"
