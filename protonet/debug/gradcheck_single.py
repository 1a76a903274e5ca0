"""One layer for itself: gradients of its parameters and bottoms, on what it reads in the net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import torch

from protonet.debug.gradcheck_layer import Layer
from protonet.debug.gradcheck_moves import (
    Moved,
    Still,
    all_at_once,
    at_element,
    find_wrong,
    indices,
    order,
)
from protonet.debug.gradcheck_report import EVERYWHERE, Fault, Role, Row, Worst
from protonet.debug.gradcheck_slopes import Ground, Options, Scale, Tops
from protonet.randomness import key

MEANT = MappingProxyType(
    {
        "ContrastiveLoss": "Caffe adds 1e-4 to the distance in the slope only",
        "InfogainLoss": "Caffe floors the probability at 1e-20, and not its slope",
        "LSTM": "Caffe's slope of a forget gate is inexact where cont is neither 0 nor 1",
        "LSTMUnit": "Caffe's slope of a forget gate is inexact where cont is neither 0 nor 1",
        "MVN": "Caffe adds eps in the slope of the deviation, too",
        "MultinomialLogisticLoss": "Caffe floors the probability at 1e-20, and not its slope",
        "SoftmaxWithLoss": "Caffe floors the logarithm at FLT_MIN, and not its slope",
        "nn.Embedding": "torch gives the vector at padding_idx no gradient",
        "nn.EmbeddingBag": "torch gives the vector at padding_idx no gradient",
    }
)
"""Types of the catalogue whose gradients are Caffe's or torch's, and where these are not the
mathematical ones."""
_TRIES = 4
"""So many times the wanted elements are looked at where kinks lie in the way."""


def check_layer(
    layer: Layer, bottoms: Sequence[torch.Tensor], differs: Sequence[bool], options: Options
) -> list[Row] | Fault:
    """Return a row for each parameter and floating-point bottom of a layer.

    Args:
        layer: the layer.
        bottoms: what it reads in the net.
        differs: for each bottom, whether a slope with respect to it means something.
        options: how.

    Returns: a Fault where the layer has no gradient because of an error.
    """
    bottoms = [bottom.clone() for bottom in bottoms]
    wanted = _wanted(layer, bottoms, differs)
    generator = torch.Generator().manual_seed(key(options.seed, layer.name) >> 1)
    try:
        tops = layer.run(bottoms)
        chosen = _chosen(layer, tops)
        weights = [_noise(tops[place], generator) for place in chosen]
        values = [tensor for _, tensor in wanted]
        gradients = _gradients([tops[place] for place in chosen], weights, values)
    except Exception as error:  # a plugin's own backward may raise anything
        why = layer.failure("it cannot be differentiated", error).why
        return Fault(layer.name, layer.kind.name, why)
    read = [bottom.detach() for bottom in bottoms]
    ground = Ground.at([tops[place].detach() for place in chosen], weights, read)
    still = Still(layer, read, chosen, ground)
    rows = [
        _row(still, row, tensor.detach(), gradient, options)
        for (row, tensor), gradient in zip(wanted, gradients, strict=True)
    ]
    return [*rows, *_held(layer)]


def _wanted(
    layer: Layer, bottoms: Sequence[torch.Tensor], differs: Sequence[bool]
) -> list[tuple[Row, torch.Tensor]]:
    """Return a row for each bottom that is moved, which then asks for a gradient, and for each
    parameter that learns."""
    named: list[tuple[Role, str, int | None, torch.Tensor]] = [
        ("bottom", layer.node.bottoms[place].blob, place, bottom.requires_grad_())
        for place, bottom in enumerate(bottoms)
        if bottom.is_floating_point() and differs[place]
    ]
    named += [
        ("parameter", name, None, one)
        for name, one in layer.parameters().items()
        if one.requires_grad
    ]
    kind = layer.kind.name
    return [
        (Row(layer.name, kind, role, name, tensor.numel(), "right", place=place), tensor)
        for role, name, place, tensor in named
    ]


def _chosen(layer: Layer, tops: Tops) -> list[int]:
    """Return the places of the tops that have a gradient: of a plugin's, all that should."""
    floating = [place for place, top in enumerate(tops) if top.is_floating_point()]
    return [place for place in floating if tops[place].requires_grad or not layer.is_ours]


def _noise(like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return factors of either sign, none of them small."""
    factors = torch.rand(like.shape, generator=generator, dtype=torch.float64) + 0.5
    signs = torch.randint(2, like.shape, generator=generator) * 2 - 1
    return factors * signs


def _gradients(
    tops: Tops, weights: Tops, wanted: Sequence[torch.Tensor]
) -> list[torch.Tensor | None]:
    pairs = [pair for pair in zip(tops, weights, strict=True) if pair[0].requires_grad]
    if not pairs or not wanted:
        return [None] * len(wanted)
    given, factors = zip(*pairs, strict=True)
    return list(torch.autograd.grad(given, wanted, factors, allow_unused=True))


def _row(
    still: Still,
    row: Row,
    values: torch.Tensor,
    gradient: torch.Tensor | None,
    options: Options,
) -> Row:
    layer = still.layer
    is_target = row.place is not None and layer.kind.is_target(row.place, len(still.bottoms))
    if gradient is None and (layer.is_ours or is_target):
        return replace(row, verdict="cut", note="the type gives it no gradient")
    known = torch.zeros_like(values) if gradient is None else gradient
    scale = Scale.of(values, known, options)
    moved = Moved(row.role, row.name, values, known.contiguous(), scale)
    row = _compared(still, row, moved, options)
    if row.verdict != "wrong":
        return row
    if gradient is None:
        return replace(row, note="it gets no gradient, and the tops depend on it")
    if layer.is_ours and layer.kind.name in MEANT:
        return replace(row, verdict="meant", note=MEANT[layer.kind.name])
    return row


def _held(layer: Layer) -> list[Row]:
    """Return a row for each parameter that the spec asks no gradient for."""
    note = "frozen" if layer.node.layer.frozen else "lr_mult: 0"
    return [
        Row(layer.name, layer.kind.name, "parameter", name, one.numel(), "held", note=note)
        for name, one in layer.parameters().items()
        if not one.requires_grad
    ]


def _compared(still: Still, row: Row, moved: Moved, options: Options) -> Row:
    """Compare single elements, then all at once; where only all are wrong, look for which."""
    found, kinks = _by_element(still, moved, options, options.elements)
    worst = _worst(found)
    if row.elements > len(found) + kinks and not _is_wrong(worst):
        whole = all_at_once(still, moved, options)
        if whole.verdict == "wrong":
            worst = _found(still, moved, options) or Worst(EVERYWHERE, whole)
            found.append(worst)
    row = replace(row, compared=len(found), kinks=kinks, worst=worst)
    if worst is None:
        return replace(row, verdict="kinks" if kinks else "right")
    return replace(row, verdict="wrong") if _is_wrong(worst) else row


def _found(still: Still, moved: Moved, options: Options) -> Worst | None:
    index = find_wrong(still, moved, options)
    if index is None:
        return None
    worst = Worst(indices(moved.values, index), at_element(still, moved, index, options))
    return worst if _is_wrong(worst) else None


def _worst(found: Sequence[Worst]) -> Worst | None:
    return max(found, key=lambda one: one.slope.error, default=None)


def _is_wrong(worst: Worst | None) -> bool:
    return worst is not None and worst.slope.verdict == "wrong"


def _by_element(
    still: Still, moved: Moved, options: Options, wanted: int
) -> tuple[list[Worst], int]:
    """Return what was found at so many elements, and how many kinks were passed over."""
    found: list[Worst] = []
    kinks = 0
    for index in order(moved, options, wanted * _TRIES):
        if len(found) == wanted:
            break
        slope = at_element(still, moved, index, options)
        if slope.verdict == "kink":
            kinks += 1
        else:
            found.append(Worst(indices(moved.values, index), slope))
    return found, kinks
