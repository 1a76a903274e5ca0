"""What the layers without bottoms have in common: nothing tells them where their tops belong."""

from __future__ import annotations

import torch
from torch import nn


class FromNothing(nn.Module):
    """A layer without bottoms that makes its tops itself.

    Attributes:
        device: where the tops are made; a net sets it to its own.
    """

    device: torch.device | None = None
