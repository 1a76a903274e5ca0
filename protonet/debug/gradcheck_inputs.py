"""Random inputs that a net can be run with: labels within its classes, marks of 0 and 1, boxes
within its images."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch

from protonet.layers.torch_nn import PREFIX
from protonet.net import Net
from protonet.net.form import Form
from protonet.randomness import key
from protonet.spec.wiring import Node, Value

Sizes = Mapping[str, int]
_CLASS_AXIS = 1
_GRAYS = 256


@dataclass(frozen=True, slots=True)
class Use:
    """What some layer takes the numbers of a blob for.

    Attributes:
        make: from a shape and a generator to numbers.
        differs: whether a slope with respect to them means something.
    """

    make: Callable[[tuple[int, ...], torch.Generator], torch.Tensor]
    differs: bool = False


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def _share(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def _marks(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return 0 and 1, at least one 1 among them."""
    marks = torch.randint(2, shape, generator=generator).double()
    marks.view(-1)[-1:] = 1
    return marks


def _boxes(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return boxes of the first sample, (R, 5): the sample, left, top, right, bottom in pixels."""
    corners = torch.randint(2, shape, generator=generator).double()
    return corners * torch.tensor([0.0, 1.0, 1.0, 3.0, 3.0], dtype=torch.float64)


def _positive(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return _share(shape, generator) + 0.5


def _places(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return where in a map each of its pixels goes, (N, C, …), no two to one place."""
    return _share(shape, generator).flatten(2).argsort(-1).reshape(shape)


def _below(limit: int, ignored: int | None = None) -> Use:
    """Return what draws whole numbers, the last of them another than the one that counts nothing:
    a mean over no label at all is none."""

    def make(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
        drawn = torch.randint(limit, shape, generator=generator)
        last = drawn.view(-1)[-1:]
        last[last == ignored] = (ignored or 0) + 1 if ignored != limit - 1 else 0
        return drawn

    return Use(make)


NUMBERS, SHARES = Use(_normal, differs=True), Use(_share, differs=True)
POSITIVE = Use(_positive, differs=True)
MARKS, BOXES, PLACES = Use(_marks), Use(_boxes), Use(_places)
_BY_PLACE: Mapping[tuple[str, int], Use] = MappingProxyType(
    {
        ("LSTM", 1): MARKS,
        ("RNN", 1): MARKS,
        ("LSTMUnit", 2): MARKS,
        ("ContrastiveLoss", 2): MARKS,
        ("Log", 0): POSITIVE,
        ("MultinomialLogisticLoss", 0): SHARES,
        ("Power", 0): POSITIVE,
        ("ROIPooling", 1): BOXES,
        ("Upsample", 1): PLACES,
        ("nn.BCELoss", 0): SHARES,
        ("nn.GaussianNLLLoss", 2): POSITIVE,
        ("nn.MaxUnpool1d", 1): PLACES,
        ("nn.MaxUnpool2d", 1): PLACES,
        ("nn.MaxUnpool3d", 1): PLACES,
        ("nn.SoftMarginLoss", 1): MARKS,
    }
)
"""What a type takes the numbers of its bottom at a place for, if not for any numbers."""
_TABLES = MappingProxyType(
    {
        "Embed": "input_dim",
        "nn.Embedding": "num_embeddings",
        "nn.EmbeddingBag": "num_embeddings",
    }
)
"""Types that look vectors up, and the key that says how many there are."""
_PASSING = frozenset(
    {"BatchReindex", "Concat", "Crop", "Filter", "Flatten", "Permute", "Reshape", "Slice", "Split"}
    | {"Tile", "nn.Flatten", "nn.Identity", "nn.Unflatten"}
)
"""Types whose tops hold the numbers of their bottoms, and no others."""


def random_inputs(net: Net, sizes: Sizes, seed: int) -> dict[str, torch.Tensor]:
    """Return a tensor for each input that the net reads.

    Args:
        net: the net.
        sizes: of the named axes.
        seed: the numbers follow from it and the input's name.

    Returns: float64 for every floating-point input, else the type that is declared.
    """
    uses, made = uses_of(net, sizes), {}
    for name, spec in net.input_specs.items():
        dtype: torch.dtype = getattr(torch, spec.dtype)
        generator = torch.Generator().manual_seed(key(seed, "input", name) >> 1)
        use = uses.get(net.wiring.inputs[name][0]) or _plain(dtype)
        made[name] = use.make(spec.sized(sizes), generator).to(wide(dtype))
    return made


def wide(dtype: torch.dtype) -> torch.dtype:
    """Return float64 for any floating-point type, another type as it is."""
    return torch.float64 if dtype.is_floating_point else dtype


def _plain(dtype: torch.dtype) -> Use:
    if dtype.is_floating_point:
        return NUMBERS
    return _below(_GRAYS if dtype == torch.uint8 else 2)


def uses_of(net: Form, sizes: Sizes) -> dict[Value, Use]:
    """Return what the numbers of a value are taken for, where that is nothing usual."""
    uses: dict[Value, Use] = {}
    for node in reversed(net.wiring.nodes):
        inherited = next((uses[top] for top in node.tops if top in uses), None)
        for place, bottom in enumerate(node.bottoms):
            own = _use(net, node, place, sizes)
            if own is None and node.layer.type in _PASSING:
                own = inherited
            if own is not None:
                uses[bottom] = own
    return uses


def _use(net: Form, node: Node, place: int, sizes: Sizes) -> Use | None:
    kind, count = net.layers[node.layer.type], len(node.bottoms)
    if (kind.name, place) in _BY_PLACE:
        return _BY_PLACE[kind.name, place]
    if kind.name == "Filter" and place == count - 1:
        return MARKS
    limit = _limit(net, node, place, sizes)
    if limit is not None:
        return _below(limit, _ignored(node.layer.params))
    return SHARES if kind.is_target(place, count) else None


def _limit(net: Form, node: Node, place: int, sizes: Sizes) -> int | None:
    """Return below what an index has to be that a layer reads; None for anything else."""
    kind, params = net.layers[node.layer.type], node.layer.params
    if kind.is_target(place, len(node.bottoms)) and kind.index_targets:
        return _classes(net, node, sizes)
    if kind.name in _TABLES:
        limit: int = getattr(params, _TABLES[kind.name])
        return limit
    if kind.name == "BatchReindex" and place == 1:
        return _axes(net, node.bottoms[0], sizes)[0]
    return None


def _ignored(params: Any) -> int | None:
    """Return the label that counts nothing, if a layer has one."""
    label = getattr(params, "ignore_label", getattr(params, "ignore_index", None))
    return label if isinstance(label, int) else None


def _classes(net: Form, node: Node, sizes: Sizes) -> int:
    """Return how many classes the scores have that a target is compared with."""
    axes = _axes(net, node.bottoms[0], sizes)
    axis: Any = getattr(node.layer.params, "axis", None)
    if axis is None and not node.layer.type.startswith(PREFIX):
        return math.prod(axes[1:])  # every further axis is a class's
    axis = _CLASS_AXIS if axis is None else axis
    return axes[axis if len(axes) > 1 else 0]


def _axes(net: Form, value: Value, sizes: Sizes) -> list[int]:
    """Return the axes of a value; 1 for one that is no size of an input's axis itself."""
    axes = net.axes(value)
    return [axis if isinstance(axis, int) else sizes.get(axis, 1) for axis in axes]
