from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.transforms.sending import sent


def test_numbers_arrive_as_they_were_drawn() -> None:
    like = torch.zeros(1)
    assert torch.equal(sent(np.array([3, 1]), like), torch.tensor([3, 1]))
    assert torch.equal(sent(torch.tensor([0.5]), like), torch.tensor([0.5]))
    assert sent(np.zeros((2, 3)), torch.zeros(1, device="meta")).shape == (2, 3)


@pytest.mark.gpu
def test_a_gpu_is_not_waited_for() -> None:
    like = torch.zeros(1, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        arrived = sent(np.array([3, 1]), like)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert arrived.device == like.device
    assert arrived.tolist() == [3, 1]
