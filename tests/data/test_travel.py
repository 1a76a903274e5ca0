"""Blobs on their way to a CUDA device; there is no other device that they travel to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.travel import Travel
from tests.data.tables import numbered, write

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


def test_chosen_blobs_arrive_and_the_others_stay() -> None:
    blobs = {"data": torch.arange(1 << 20), "label": torch.arange(9)}
    sent, arrival = Travel(torch.device("cuda", 0), ["data"]).send(blobs)
    arrival.wait(sent.values())
    assert (sent["data"].device.type, sent["label"].device.type) == ("cuda", "cpu")
    assert torch.equal(sent["data"].cpu(), blobs["data"])
    assert sent["label"] is blobs["label"]


@pytest.mark.parametrize("background", [False, True])
def test_a_readers_batches_arrive_while_the_device_computes(
    tmp_path: Path, background: bool
) -> None:
    dataset = open_dataset(write(tmp_path / "x.lmdb", numbered(500)))
    travel = Travel(torch.device("cuda", 0), ["data"])
    order = Order(500, shuffle=True, seed=3)
    fields = {"data": "data", "label": "label"}
    busy = torch.randn(2048, 2048, device="cuda")
    reader = Reader(
        dataset, 64, order, fields=fields, endless=True, background=background, travel=travel
    )
    for _ in range(40):
        batch = next(reader)
        busy = (busy @ busy).clamp(-1, 1)
        assert batch.arrival is not None
        batch.arrival.wait(batch.arrays.values())
        rows = torch.from_numpy(order.rows(batch.positions))
        assert torch.equal(batch.arrays["data"][:, 0].cpu(), rows.int() * 10)
        assert torch.equal(batch.arrays["label"], rows)
    reader.close()
