"""The labels that a net's losses and metrics can compare: what is checked before a batch leaves for
a GPU, which would stop the whole program at a label outside the classes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from protonet.errors import DataError
from protonet.layers.labels import NO_LABEL, outside
from protonet.layers.torch_nn import PREFIX
from protonet.net.axes import Axes
from protonet.net.form import Form
from protonet.spec.wiring import FROM_INPUTS, Node

_TORCHS = frozenset({"nn.CrossEntropyLoss", "nn.MultiMarginLoss", "nn.NLLLoss"})
"""Torch's losses whose first bottom is the scores that labels are compared with."""


@dataclass(frozen=True, slots=True)
class LabelRange:
    """What one layer takes as labels.

    Attributes:
        layer: its name.
        classes: how many there are.
        ignored: the label that counts nothing, or `NO_LABEL`.
    """

    layer: str
    classes: int
    ignored: int

    def check(self, labels: torch.Tensor) -> None:
        """Refuse labels outside the classes.

        Args:
            labels: (N, …), of any number type, on the CPU.

        Raises: DataError naming the layer, the label and the sample.
        """
        if not labels.numel():
            return
        whole = labels.long()
        least, most = torch.aminmax(whole)
        if int(least) >= 0 and int(most) < self.classes:
            return
        is_outside = ((whole < 0) | (whole >= self.classes)) & (whole != self.ignored)
        if bool(is_outside.any()):
            raise DataError(f"layer {self.layer}: {outside(labels, self.classes, self.ignored)}")


def label_ranges(net: Form) -> Mapping[str, tuple[LabelRange, ...]]:
    """Return what is taken as labels, by the net's input that they are fed as.

    Labels that a layer makes from an input are not among them.
    """
    found: dict[str, list[LabelRange]] = defaultdict(list)
    for node in net.wiring.nodes:
        kind = net.layers[node.layer.type]
        for place, bottom in enumerate(node.bottoms):
            if (
                kind.index_targets
                and kind.is_target(place, len(node.bottoms))
                and bottom.layer == FROM_INPUTS
                and (classes := _classes(net, node, place))
            ):
                ranges = found[bottom.blob]
                ranges.append(LabelRange(node.layer.name, classes, _ignored(node)))
    return {blob: tuple(dict.fromkeys(ranges)) for blob, ranges in found.items()}


def _classes(net: Form, node: Node, place: int) -> int | None:
    """Return how many classes a layer's scores have; None where labels are no class indices, but
    a share of every class, or where the number follows the batch."""
    scores, labels = (net.axes(node.bottoms[position]) for position in (0, place))
    kind, params = node.layer.type, node.layer.params
    if kind.startswith(PREFIX) and kind not in _TORCHS:
        return None
    if kind in _TORCHS or hasattr(params, "axis"):
        axis = getattr(params, "axis", min(1, len(scores) - 1))
        axes: Axes = (scores[axis],)
    else:
        axes = scores[1:]  # every further axis is a class's
    if labels == scores and axes != (1,):
        return None
    numbers = [axis for axis in axes if isinstance(axis, int)]
    return math.prod(numbers) if len(numbers) == len(axes) else None


def _ignored(node: Node) -> int:
    params: Any = node.layer.params
    key = "ignore_index" if node.layer.type.startswith(PREFIX) else "ignore_label"
    label = getattr(params, key, None)
    return NO_LABEL if label is None else label
