"""Layers of type Python: a class in a module of the program's own, on blobs of NumPy.

`python_param { module: "my_layers" layer: "MyLayer" param_str: "…" }` names the class; it is a
`Layer` with `setup`, `reshape`, `forward` and `backward`, each called with the bottoms and the
tops. The module is imported as the program itself would import it. That happens here only: in nets
that the commands read, the type is unknown.
Source: Caffe, python_layer.hpp and layer_factory.cpp.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import torch
from torch import nn

from protonet.errors import ShapeError, UsageError
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.pycaffe import mode
from protonet.pycaffe.blob import Blob as Numbers
from protonet.records import Flag, Record, Text

PYTHON = "Python"

_ON_CPU = torch.device("cpu")
_METHODS = ("setup", "reshape", "forward", "backward")


class PythonParams(Record):
    """Which class computes."""

    module: Text
    """Module that the class is in, as `import` takes it."""
    layer: Text
    """Name of the class."""
    param_str: str = ""
    """What the class finds as `self.param_str`."""
    share_in_parallel: Flag = False
    """Taken from Caffe's nets, and without effect: one process runs the net."""


class Layer:
    """What a layer in Python derives from.

    Attributes:
        param_str: of the prototxt.
        phase: TRAIN or TEST.
        blobs: none: what such a layer learns is not trained here.
    """

    def __init__(self, param_str: str = "", phase: int = mode.TEST) -> None:
        self.param_str, self.phase = param_str, phase
        self.blobs: Sequence[Numbers] = ()

    @property
    def type(self) -> str:
        """Return the type as the prototxt has it."""
        return PYTHON

    def setup(self, bottom: Sequence[Numbers], top: Sequence[Numbers]) -> None:
        """Read `param_str`, check how many blobs there are; called once."""

    def reshape(self, bottom: Sequence[Numbers], top: Sequence[Numbers]) -> None:
        """Give the tops their shapes; called before every forward pass.

        Raises: NotImplementedError where the class has none.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method reshape")

    def forward(self, bottom: Sequence[Numbers], top: Sequence[Numbers]) -> None:
        """Write the tops' data.

        Raises: NotImplementedError where the class has none.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method forward")

    def backward(
        self, top: Sequence[Numbers], propagate_down: Sequence[bool], bottom: Sequence[Numbers]
    ) -> None:
        """Write the bottoms' diff from the tops'.

        Raises: NotImplementedError where the class has none.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method backward")


class _Placeholder(nn.Module):
    """Stands for a layer in Python where torch modules stand."""


@dataclass(frozen=True, slots=True)
class PythonWork:
    """What a layer in Python does on its blobs."""

    layer: Layer

    def forward(self, bottoms: Sequence[Numbers], tops: Sequence[Numbers]) -> None:
        """Reshape, and compute the tops."""
        self.layer.reshape(bottoms, tops)
        self.layer.forward(bottoms, tops)

    def backward(
        self, tops: Sequence[Numbers], propagate: Sequence[bool], bottoms: Sequence[Numbers]
    ) -> None:
        """Compute the bottoms' gradients."""
        self.layer.backward(tops, list(propagate), bottoms)


@dataclass(slots=True)
class PythonLayers:
    """The layers in Python of one net: each is made once, when its shapes are first asked for.

    Attributes:
        made: by name.
    """

    made: dict[str, Layer] = field(default_factory=dict)

    @property
    def type(self) -> LayerType:
        """Return the layer type that makes them."""
        return LayerType(
            name=PYTHON,
            params=PythonParams,
            build=lambda params, bottoms, setting: _Placeholder(),
            bottoms=Arity(0, None),
            tops=Arity(0, None),
            infer=self._shapes,
            exclusions={"run": "the class is one of the program's own"},
        )

    def work(self, name: str) -> PythonWork:
        """Return what a layer does."""
        return PythonWork(self.made[name])

    def _shapes(
        self, params: PythonParams, bottoms: Sequence[Blob], setting: Setting
    ) -> tuple[Blob, ...]:
        """Return the tops, by the layer's own `reshape` on zeros.

        Raises: ShapeError if there is no such class, or it raises an error.
        """
        # shapes are proved where nothing has memory; these blobs are to be written to
        with torch.device("cpu"):
            below = [Numbers.of_shape(one.shape, _ON_CPU) for one in bottoms]
            above = [Numbers.of_shape((), _ON_CPU) for _ in range(setting.tops)]
            if setting.name not in self.made:
                layer = _class(params)()
                layer.param_str, layer.phase = params.param_str, _phase(setting)
                _call(layer.setup, below, above)
                self.made[setting.name] = layer
            _call(self.made[setting.name].reshape, below, above)
            return tuple(Blob(top.shape) for top in above)


def _phase(setting: Setting) -> int:
    return mode.TRAIN if setting.phase == "train" else mode.TEST


def _class(params: PythonParams) -> Callable[[], Layer]:
    """Return the class that is named.

    Raises: ShapeError if there is none, or it is no layer.
    """
    try:
        found: Any = import_module(params.module)
    except ImportError as error:
        places = ", ".join(place or "." for place in sys.path[:3])
        raise ShapeError(
            f"the module {params.module} cannot be imported: {error}",
            f"it is looked for as any module is, first in {places}; put it there, or its folder "
            "on PYTHONPATH",
        ) from error
    kind = getattr(found, params.layer, None)
    if not isinstance(kind, type):
        raise ShapeError(f"the module {params.module} has no class {params.layer}")
    missing = [name for name in _METHODS if not callable(getattr(kind, name, None))]
    if not issubclass(kind, Layer):
        lacking = f", and has no method {', '.join(missing)}" if missing else ""
        raise ShapeError(
            f"{params.module}.{params.layer} is no Layer{lacking}",
            f"class {params.layer}(caffe.Layer), after import protonet.pycaffe as caffe",
        )
    return kind


def _call(method: Callable[..., object], *blobs: Sequence[Numbers]) -> None:
    """Call a method of the program's; what it raises is told of the layer.

    Raises: ShapeError.
    """
    try:
        method(*blobs)
    except UsageError as error:
        raise ShapeError(str(error)) from error
    except Exception as error:  # whatever the program raises to refuse its bottoms
        name = getattr(method, "__qualname__", "a method")
        raise ShapeError(f"{name} raised {type(error).__name__}: {error}") from error
