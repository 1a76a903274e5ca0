"""What a layer type is: one frozen record that says everything the net needs to know about it.

A layer file holds three things: a frozen model of the layer's own YAML keys (its *params*), a pure
function `build` from those and the bottoms' shapes to a torch module, and one `LayerType` record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

import torch
from torch import nn

from protonet.fillers import Filler
from protonet.records import Record

Phase = Literal["train", "test", "deploy"]
Kind = Literal["layer", "loss", "metric"]
DTypeName = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
"""The element types that a blob may be declared with, as torch names them."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A tensor before it exists: its shape with the batch axis, and its element type."""

    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.shape))})"


@dataclass(frozen=True, slots=True)
class Arity:
    """How many bottoms or tops a type takes: `least` to `most`, any number where that is None."""

    least: int
    most: int | None

    def admits(self, number: int) -> bool:
        """Return whether so many are right."""
        return self.least <= number and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        if self.least == self.most:
            return f"{self.least}"
        return f"{self.least} to {self.most}"


ONE = Arity(1, 1)
TWO = Arity(2, 2)
SOME = Arity(1, None)


class NoParams(Record):
    """A layer without keys of its own."""


class Measure(Protocol):
    """What a loss or metric module has beside `forward`.

    `measure` takes the same bottoms and gives, per top, the numerator and the denominator whose
    quotient `forward` returns; both are summed over a whole test set, so the result is exact
    whatever the batches. A layer with one top may return the bare pair.
    """

    def measure(self, *bottoms: torch.Tensor) -> Any:
        """Return (numerator, denominator), or a tuple of such pairs, one per top."""
        ...


class Conclusion(Protocol):
    """What a metric module has whose value is no quotient of two sums, such as a mean over classes.

    `measure` then gives one tensor of sums; that of a set is the sum over its batches and all
    ranks. `forward` is `conclude(measure(*bottoms))`, the value of a batch by itself.
    """

    def measure(self, *bottoms: torch.Tensor) -> torch.Tensor:
        """Return the sums of a batch, of any shape."""
        ...

    def conclude(self, sums: torch.Tensor) -> Any:
        """Return the top, or a tuple of the tops, that sums in whole numbers or float64 give."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a layer is built for, beside its own keys and bottoms.

    Attributes:
        phase: of the net it stands in.
        tops: how many blobs are asked of it, within the type's arity.
        name: of the layer, for a layer that says something while it runs; nothing else may depend
            on it.
    """

    phase: Phase = "train"
    tops: int = 1
    name: str = ""


Build = Callable[[Any, Sequence[Blob], Setting], nn.Module]
"""`build(params, bottoms, setting)`. It knows shapes, not names and not files; it raises
`ShapeError` with why, and the net adds which layer. The module's `forward(*bottoms)` gives one
tensor, or a tuple of them where several tops are asked for. It is built under
`torch.device("meta")`: it must not read parameter values."""

Infer = Callable[[Any, Sequence[Blob], Setting], tuple[Blob, ...]]
"""`infer(params, bottoms, setting)`: the tops, without running the module."""


def same_as_first(params: Any, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the first bottom as the top: the `infer` of layers that keep shape and type.

    The first arithmetic on the meta device imports half a second of torch._dynamo, which a net of
    layers that all infer need not wait for.
    """
    return (bottoms[0],)


def single_number(params: Any, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return one number of the first bottom's type as the top: the `infer` of most losses."""
    return (Blob((), bottoms[0].dtype),)


Start = Callable[[nn.Module, int], Mapping[str, torch.Tensor]]
"""`start(module, seed)`: the first values of parameters and statistics by name, of the CPU."""


def _no_fillers(params: Any) -> Mapping[str, Filler]:
    return MappingProxyType({})


def _no_work(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    return 0


def _same(params: Any) -> Any:
    return params


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerType:
    """One layer type of the catalogue.

    Attributes:
        name: as written in YAML, Caffe's where Caffe has the layer.
        params: the model of its own keys; each key's docstring is its documentation.
        build: see `Build`.
        bottoms: how many blobs it reads.
        tops: how many blobs it gives.
        parameters: the names of its parameters and statistics in Caffe's blob order; the module
            holds those it has as attributes (parameters or buffers) of these names.
        fillers: `fillers(params)` gives the filler of each parameter by name; one that is not
            named starts at 0. Buffers keep the value that `build` gave them unless named here.
        start: gives first values that depend on more than one parameter's shape, in place of
            fillers; the module is the one `build` made.
        kind: a loss adds to what is minimised, a metric is measured and never trained.
        larger_is_better: of a metric, whether more of its first top is better; of a loss, less is.
        top_axes: what the two axes of a metric's top stand for, as its table says.
        measures: how many of the first tops of a loss or metric are measured; None: all of them.
        targets: positions of the bottoms that are targets (labels), negative ones from the end.
        index_targets: whether those targets are class indices (int64).
        acts: whether it does something beside giving tops, so that it is run though nobody reads
            one of them.
        deploy: for a loss, `deploy(params)` gives the type name and the params of what takes its
            place in a deployed net (SoftmaxWithLoss → Softmax), or None: nothing does.
        multiply_adds: `multiply_adds(params, bottoms, tops)`, for the shapes given.
        infer: gives the tops where running the module on the meta device is slow to start; the
            contract test holds it equal to the real shapes.
        paths: its keys that are paths of files; relative ones begin in the folder of the file that
            has them, and `build` gets whole ones.
        freeze: `freeze(params)` gives the params of the layer under `frozen: true`.
        exclusions: parts of the contract tests that do not apply, each with its reason: `run`
            where nothing is ever built, `gradient` where nothing gets one, `shape` where the real
            one is in the data, `compile` where torch.compile has to leave the layer to Python,
            `export` where torch.export refuses it, and `autocast` where torch has no mixture of
            element types for it.
    """

    name: str
    params: type[Record]
    build: Build
    bottoms: Arity = ONE
    tops: Arity = ONE
    parameters: tuple[str, ...] = ()
    fillers: Callable[[Any], Mapping[str, Filler]] = _no_fillers
    start: Start | None = None
    kind: Kind = "layer"
    larger_is_better: bool = True
    top_axes: tuple[str, str] = ("row", "column")
    measures: int | None = None
    targets: tuple[int, ...] = ()
    index_targets: bool = False
    acts: bool = False
    deploy: Callable[[Any], tuple[str, Record] | None] | None = None
    multiply_adds: Callable[[Any, Sequence[Blob], Sequence[Blob]], int] = _no_work
    infer: Infer | None = None
    paths: tuple[str, ...] = ()
    freeze: Callable[[Any], Any] = _same
    exclusions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def is_target(self, position: int, count: int) -> bool:
        """Return whether bottom `position` of `count` is a target."""
        return position in self.targets or position - count in self.targets
