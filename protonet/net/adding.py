"""How what a net gives for the parts of a batch makes up what it gives for the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from protonet.errors import PathError, PathErrors
from protonet.layers.normalization import LossParams
from protonet.net.axes import follows
from protonet.net.form import Form
from protonet.spec.net import BATCH
from protonet.spec.wiring import Node, Value

Adding = Literal["quotient", "sum", "mean", "own"]
"""A loss or metric whose numerators and denominators add up; a value that adds up itself; one that
averages, weighed by samples; and one that each part has for itself."""

_SUMS = frozenset({"SUM", "ASUM", "SUMSQ"})
"""Operations of a Reduction that add up."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """Where a quotient comes from: the module, the keys of what it reads, which of these no
    gradient flows back to, and which of its tops it is."""

    module: nn.Module
    bottoms: tuple[str, ...]
    stopped: tuple[bool, ...]
    place: int


class Parted(nn.Module):
    """A net of a part of a batch: it gives (numerator, denominator) for what is a quotient.

    Args:
        net: the net.
        wanted: names of what is given.
        acting: whether layers do what they do besides.

    Attributes:
        adding: how each of these makes up that of the whole.

    Raises: PathErrors for what is minimised, and cannot be told to be a mean or a sum.
    """

    def __init__(self, net: Form, wanted: Iterable[str], *, acting: bool) -> None:
        super().__init__()
        known = net.blobs()
        self.adding = adding_of(net, wanted)
        values: dict[str, Value] = {}
        self._losses: dict[str, _Loss] = {}
        for name, how in self.adding.items():
            if how != "quotient":
                values[name] = known[name]
                continue
            position, place = net.measured[name]
            node, module = net.wiring.nodes[position], [*net.modules()][position]
            keys = tuple(f"{position}:{at}" for at in range(len(node.bottoms)))
            values.update(zip(keys, node.bottoms, strict=True))
            self._losses[name] = _Loss(module, keys, _stopped(node), place)
        self.graph = net.giving_values(values, acting=acting)

    def forward(self, *inputs: Tensor) -> dict[str, Any]:
        """Return a tensor, or a pair of them, by name."""
        values = self.graph(*inputs)
        return {
            name: self._measured(self._losses[name], values) if how == "quotient" else values[name]
            for name, how in self.adding.items()
        }

    def _measured(self, loss: _Loss, values: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        bottoms = [
            values[key].detach() if stopped else values[key]
            for key, stopped in zip(loss.bottoms, loss.stopped, strict=True)
        ]
        given = loss.module.measure(*bottoms)  # type: ignore[operator]  # the Measure protocol
        pair: tuple[Tensor, Tensor] = given if isinstance(given[0], Tensor) else given[loss.place]
        return pair


def adding_of(net: Form, wanted: Iterable[str]) -> dict[str, Adding]:
    """Return how each of the outputs named makes up that of the whole batch.

    Raises: PathErrors for what is minimised, and cannot be told to be a mean or a sum.
    """
    minimised = {term.output for term in net.loss_terms}
    found: dict[str, Adding] = {}
    errors: list[PathError] = []
    for name in wanted:
        try:
            found[name] = _adding(net, name) if name in minimised else _shown(net, name)
        except PathError as error:
            errors.append(error)
    if errors:
        raise PathErrors(errors)
    return found


def _shown(net: Form, name: str) -> Adding:
    """Return how an output adds up that nothing depends on but what people see."""
    if _is_quotient(net, name):
        return _adding(net, name)
    return "own" if net.axes(net.blobs()[name]) else "mean"


def _adding(net: Form, name: str) -> Adding:
    value = net.blobs()[name]
    node = _maker(net, value)
    if node is None:
        raise _unknown(name, None)
    if _is_quotient(net, name):
        return "sum" if _is_sum(node.layer.params) else "quotient"
    if net.layers[node.layer.type].kind == "layer":
        if not _follows_inputs(net, value):
            return "mean"  # it is the same in every part
        if _has_batch(net, value):
            return "sum"
        if node.layer.type == "Reduction" and _has_batch(net, node.bottoms[0]):
            return "sum" if node.layer.params.operation in _SUMS else "mean"
    raise _unknown(name, node)


def _is_quotient(net: Form, name: str) -> bool:
    return name in net.measured and net.conclusion(name) is None


def _is_sum(params: Any) -> bool:
    """Return whether a loss is divided by nothing."""
    if isinstance(params, LossParams):
        return params.rule(default="VALID") == "NONE"
    return getattr(params, "reduction", None) == "sum"


def _unknown(name: str, node: Node | None) -> PathError:
    why = (
        f"{name} is minimised, and it cannot be told whether it is a mean or a sum over the samples"
        " of a batch, of which each process sees a part"
    )
    hint = "end in a loss layer, or in a Reduction of what has the batch axis"
    path = ("net",) if node is None else ("net", "layers", node.index)
    return PathError("PN015", path, why, hint=hint)


def _maker(net: Form, value: Value) -> Node | None:
    return next((node for node in net.wiring.nodes if value in node.tops), None)


def _has_batch(net: Form, value: Value) -> bool:
    return any(follows(axis, BATCH) for axis in net.axes(value))


def _follows_inputs(net: Form, value: Value) -> bool:
    """Return whether a value depends on what is fed."""
    fed = {one for one, _ in net.wiring.inputs.values()}
    for node in net.wiring.nodes:
        if fed.intersection(node.bottoms):
            fed |= set(node.tops)
    return value in fed


def _stopped(node: Node) -> tuple[bool, ...]:
    flags = node.layer.propagate_down or ()
    return tuple(place < len(flags) and not flags[place] for place in range(len(node.bottoms)))
