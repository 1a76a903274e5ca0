from __future__ import annotations

import torch

from protonet.layers.dummy_data import DummyData
from protonet.layers.from_nothing import FromNothing
from protonet.layers.memory_data import MemoryData
from protonet.net import Net
from tests.specs import spec_of

TEXT = """
    net:
      layers:
        - {name: made, type: DummyData, shape: [2, 3]}
        - {name: given, type: MemoryData, batch_size: 2, channels: 1, height: 1, width: 3}
        - {name: sum, type: Concat, bottom: [made, made]}
"""


def test_a_net_tells_its_device_to_what_makes_blobs() -> None:
    net = Net(spec_of(TEXT).net, device="meta")  # the only other device that is always there
    for name, kind in (("made", DummyData), ("given", MemoryData)):
        module = net.layer(name)
        assert isinstance(module, FromNothing)
        assert type(module) is kind
        assert module.device == torch.device("meta")
    assert net({}, ["sum"])["sum"].device == torch.device("meta")
