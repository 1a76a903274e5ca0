"""What a net is fed while it is timed: made-up numbers as training would give them to it."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from protonet.debug.gradcheck_inputs import random_inputs
from protonet.net import Net


def fixed_inputs(net: Net, sizes: Mapping[str, int], seed: int = 0) -> list[torch.Tensor]:
    """Return a tensor for each input, in the order of the net's inputs.

    Args:
        net: the net.
        sizes: of the named axes.
        seed: the numbers follow from it.

    Returns: tensors of the declared types on the net's device, images in its memory format.
    """
    made = []
    for name, tensor in random_inputs(net, sizes, seed).items():
        dtype: torch.dtype = getattr(torch, net.input_specs[name].dtype)
        tensor = tensor.to(net.device, dtype)
        if tensor.dim() == 4:
            tensor = tensor.contiguous(memory_format=net.memory_format)
        made.append(tensor)
    return made
