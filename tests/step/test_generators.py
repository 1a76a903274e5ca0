from __future__ import annotations

import torch

from protonet.step.generators import generator_state, set_generator_state


def test_what_was_put_back_is_drawn_again() -> None:
    device = torch.device("cpu")
    state = generator_state(device)
    first = torch.rand(4)
    torch.rand(7)
    set_generator_state(device, state)
    assert torch.equal(torch.rand(4), first)
