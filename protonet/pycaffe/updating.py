"""One update by the gradients that stand in the parameters' diffs.

Source: Caffe, sgd_solver.cpp, ApplyUpdate.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from protonet.optim import Optimizer
from protonet.optim.gradients import clip_, divide_
from protonet.pycaffe.net import Net


def update(net: Net, optimizer: Optimizer, param: Any, rate: float) -> bool:
    """Change the parameters, unless a gradient is infinite or not a number; the diffs stay.

    Args:
        net: that is trained.
        optimizer: the update rule.
        param: Caffe's SolverParameter, with `clip_gradients` and `iter_size`.
        rate: the learning rate.

    Returns: whether the gradients were finite, and the parameters were changed.
    """
    blobs = [net.built.known[id(slot.tensor)] for slot in net.core.learnable]
    gradients: list[Tensor | None] = [blob.diff_memory.tensor.clone() for blob in blobs]
    for blob in blobs:
        blob.memory.tensor  # noqa: B018  # carries over what was written beside a GPU
    if param.clip_gradients >= 0:
        clip_(gradients, param.clip_gradients)
    divide_(gradients, param.iter_size)
    flag = torch.zeros((), device=net.core.device)
    optimizer.update(gradients, rate, flag)
    for blob in blobs:
        blob.memory.changed()
    return not float(flag)
