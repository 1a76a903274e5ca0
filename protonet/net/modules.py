"""A wired net → one torch module per layer, its shapes proved on the meta device before any data is
read.

Every layer is built once, without memory, and run with two sizes for every named axis (N, T, …):
what differs between the two runs is how its tops depend on the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn

from protonet.errors import PathError, ShapeError
from protonet.layers.record import Blob, LayerType, Setting
from protonet.spec.net import BATCH, InputSpec
from protonet.spec.wiring import Node, Value, Wiring

_OTHER_AXES = (5, 7)
"""Two sizes for axes other than N; their like does not occur in shapes by chance often."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A blob's shape as proved: numbers, with the axes that follow a named one.

    `small` and `large` are the blobs of the two proofs.
    """

    small: Blob
    large: Blob

    @property
    def dtype(self) -> torch.dtype:
        """Element type."""
        return self.small.dtype

    def axes(self, sizes: tuple[Mapping[str, int], Mapping[str, int]]) -> tuple[int | str, ...]:
        """Return the axes: a number, or a name such as N, 4N, or ? where neither explains both
        sizes."""
        return tuple(
            _axis(one, two, sizes)
            for one, two in zip(self.small.shape, self.large.shape, strict=True)
        )


def _axis(one: int, two: int, sizes: tuple[Mapping[str, int], Mapping[str, int]]) -> int | str:
    if one == two:
        return one
    for name, size in sizes[0].items():
        times, rest = divmod(one, size)
        if rest == 0 and two == times * sizes[1][name]:
            return name if times == 1 else f"{times}{name}"
    return "?"


def axis_sizes(inputs: Mapping[str, InputSpec]) -> tuple[dict[str, int], dict[str, int]]:
    """Return two sizes for every named axis of the inputs, N among them."""
    names = {axis for spec in inputs.values() for axis in spec.axes() if isinstance(axis, str)}
    others = names - {BATCH}
    return (
        {BATCH: 2, **dict.fromkeys(others, _OTHER_AXES[0])},
        {BATCH: 3, **dict.fromkeys(others, _OTHER_AXES[1])},
    )


@dataclass(slots=True)
class Proof:
    """What is known about a wired net: a module per node, a shape per value, and what is wrong.

    A node whose bottoms are unknown because of an earlier error is passed over.
    """

    modules: dict[int, nn.Module] = field(default_factory=dict)
    shapes: dict[Value, Shape] = field(default_factory=dict)
    errors: list[PathError] = field(default_factory=list)


class Prover:
    """Builds and proves nets of one spec; layers already proved with the same bottoms are not run
    again.

    Args:
        layers: the table of layer types.
        inputs: the net's inputs, whose named axes get two sizes each.
    """

    def __init__(self, layers: Mapping[str, LayerType], inputs: Mapping[str, InputSpec]) -> None:
        self.layers = layers
        self.sizes = axis_sizes(inputs)
        self._known: dict[object, tuple[Shape, ...]] = {}

    def prove(self, wiring: Wiring) -> Proof:
        """Return the modules and shapes of a wired net, with every error that could be found."""
        proof = Proof()
        for value, spec in wiring.inputs.values():
            dtype = getattr(torch, spec.dtype)
            proof.shapes[value] = Shape(*(Blob(spec.sized(sizes), dtype) for sizes in self.sizes))
        with torch.device("meta"), torch.no_grad():
            for position, node in enumerate(wiring.nodes):
                if all(bottom in proof.shapes for bottom in node.bottoms):
                    self._prove_node(position, node, wiring, proof)
        return proof

    def _prove_node(self, position: int, node: Node, wiring: Wiring, proof: Proof) -> None:
        bottoms = [proof.shapes[bottom] for bottom in node.bottoms]
        setting = Setting(wiring.state.phase, len(node.tops))
        try:
            with _foreign_errors():
                module = self._build(node, [bottom.small for bottom in bottoms], setting)
                tops = self._tops(node, module, bottoms, setting)
        except ShapeError as error:
            proof.errors.append(_explained(error, node, bottoms, self.sizes, wiring))
            return
        proof.modules[position] = module
        proof.shapes.update(zip(node.tops, tops, strict=True))

    def _build(self, node: Node, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
        kind = self.layers[node.layer.type]
        params = kind.freeze(node.layer.params) if node.layer.frozen else node.layer.params
        return kind.build(params, bottoms, setting).train(setting.phase == "train")

    def _tops(
        self, node: Node, module: nn.Module, bottoms: Sequence[Shape], setting: Setting
    ) -> tuple[Shape, ...]:
        key = (node.layer.type, node.layer.params, tuple(bottoms), setting.tops)
        if key not in self._known:
            small = self._run(node, module, [shape.small for shape in bottoms], setting)
            large = self._run(node, module, [shape.large for shape in bottoms], setting)
            if len(small) != setting.tops:
                raise ShapeError(f"it gives {len(small)} tops here, and {setting.tops} are named")
            self._known[key] = tuple(Shape(*pair) for pair in zip(small, large, strict=True))
        return self._known[key]

    def _run(
        self, node: Node, module: nn.Module, bottoms: Sequence[Blob], setting: Setting
    ) -> tuple[Blob, ...]:
        kind = self.layers[node.layer.type]
        if kind.infer is not None:
            return kind.infer(node.layer.params, bottoms, setting)
        tops = module(*(torch.empty(blob.shape, dtype=blob.dtype) for blob in bottoms))
        tops = (tops,) if isinstance(tops, torch.Tensor) else tuple(tops)
        return tuple(Blob(tuple(top.shape), top.dtype) for top in tops)


@contextmanager
def _foreign_errors() -> Iterator[None]:
    """Turn torch's own refusal of a shape into ours."""
    try:
        yield
    except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError) as error:
        raise ShapeError(str(error).splitlines()[0]) from error


def _explained(
    error: ShapeError,
    node: Node,
    bottoms: Sequence[Shape],
    sizes: tuple[Mapping[str, int], Mapping[str, int]],
    wiring: Wiring,
) -> PathError:
    """Add to a refusal where each bottom comes from, and its shape."""
    names = {other.index: other.layer.name for other in wiring.nodes}
    sources = [
        f"{bottom.blob} ({', '.join(map(str, shape.axes(sizes)))}) from "
        + (f"layer {names[bottom.layer]}" if bottom.layer >= 0 else "the net's inputs")
        for bottom, shape in zip(node.bottoms, bottoms, strict=True)
    ]
    hint = "\n".join(
        part for part in (error.hint, *(f"bottom {source}" for source in sources)) if part
    )
    return PathError("PN026", ("net", "layers", node.index), error.why, hint=hint)
