"""Weights of Caffe's held against the net that they are for, without allocating the net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from protonet.net.form import Form
from protonet.net.modules import present
from protonet.snapshot.weights import means_the_same
from protonet.spec.kept import sharing_of
from protonet.spec.net import NetSpec

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a net wants to be loaded.

    Attributes:
        shapes: of each parameter and statistic, once, by the `layer/parameter` it is stored under.
        uses: by layer, its parameters' names in Caffe's order → what each is stored under.
    """

    shapes: Mapping[str, Shape]
    uses: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, net: NetSpec, forms: Iterable[Form]) -> Needs:
        """Return what a net wants in all its phases together."""
        shapes: dict[str, Shape] = {}
        uses: dict[str, dict[str, str]] = {}
        sharing = sharing_of(net)
        for form in forms:
            for leaf in form.leaves():
                layer = leaf.node.layer
                for name in present(form.layers[layer.type], leaf.module):
                    owner = sharing.owner(layer.name, name)
                    shapes.setdefault(owner, tuple(getattr(leaf.module, name).shape))
                    uses.setdefault(layer.name, {})[name] = owner
        return cls(shapes, uses)

    def named(self) -> dict[str, str]:
        """Return what each array of a file is stored under, by `layer/number`."""
        return {
            f"{layer}/{number}": owner
            for layer, names in self.uses.items()
            for number, owner in enumerate(names.values())
        }


@dataclass(frozen=True, slots=True)
class Fitted:
    """What became of the arrays of a file.

    Attributes:
        tensors: of each parameter, in the shape that the net wants.
        reshaped: the shapes that parameters had in the file, where those are others.
        misfit: the shapes in the file of those that do not fit.
        missing: parameters that the file does not hold.
        dropped: arrays of the file that the net has no parameter for, with their shapes.
    """

    tensors: Mapping[str, Tensor]
    reshaped: Mapping[str, Shape]
    misfit: Mapping[str, Shape]
    missing: tuple[str, ...]
    dropped: Mapping[str, Shape]

    def nonfinite(self) -> dict[str, int]:
        """Return how many numbers are infinite or none at all, of each tensor that holds such."""
        counts = {
            name: tensor.numel() - int(tensor.isfinite().sum())
            for name, tensor in self.tensors.items()
            if not tensor.sum().isfinite()  # which needs no memory: of most tensors that is all
        }
        return {name: count for name, count in counts.items() if count}

    @property
    def fits(self) -> bool:
        """Whether every parameter of the net has its values."""
        return not self.misfit and not self.missing


def fitted(needs: Needs, given: Mapping[str, Tensor], *, keep: Iterable[str] = ()) -> Fitted:
    """Hold arrays against a net; those that go into it are views of what was given.

    Args:
        needs: what the net wants.
        given: by `layer/number`.
        keep: layers of which nothing is known yet, so that their arrays are kept as they are.
    """
    named, tensors = needs.named(), dict[str, Tensor]()
    reshaped, misfit, dropped = dict[str, Shape](), dict[str, Shape](), dict[str, Shape]()
    kept = set(keep)
    for name, tensor in given.items():
        owner, shape = named.get(name), tuple(tensor.shape)
        if owner is None and name.rpartition("/")[0] in kept:
            tensors[name] = _single(tensor)
        elif owner is None:
            dropped[name] = shape
        elif not means_the_same(shape, needs.shapes[owner]):
            misfit[owner] = shape
        else:
            tensors[owner] = _single(tensor.reshape(needs.shapes[owner]))
            if shape != needs.shapes[owner]:
                reshaped[owner] = shape
    missing = tuple(name for name in needs.shapes if name not in {**tensors, **misfit})
    return Fitted(tensors, reshaped, misfit, missing, dropped)


def _single(tensor: Tensor) -> Tensor:
    """Return numbers as float32, as nets have them."""
    return tensor if tensor.dtype == torch.float32 else tensor.float()
