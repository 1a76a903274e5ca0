from __future__ import annotations

import torch

from protonet.layers.silence import SILENCE
from protonet.net import Net
from tests.layers.building import numbers, tops_of
from tests.specs import spec_of

NET = """
net:
  inputs: {data: [4]}
  layers:
    - {name: slice, type: Slice, top: [a, b]}
    - {name: silence, type: Silence, bottom: b}
"""


def test_it_gives_nothing() -> None:
    assert tops_of(SILENCE, numbers(1.0), torch.ones(2, dtype=torch.int64), tops=0) == ()


def test_what_it_reads_is_no_output_of_the_net() -> None:
    net = Net(spec_of(NET).net)
    assert list(net.outputs) == ["a"]
    assert net({"data": torch.tensor([[1.0, 2.0, 3.0, 4.0]])})["a"].tolist() == [[1, 2]]
