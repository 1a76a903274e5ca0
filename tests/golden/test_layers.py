"""Every recorded layer case: Caffe's prototxt, parameters and inputs give Caffe's numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from protonet.caffe import import_net
from protonet.net import Net
from protonet.schema import check_spec, located
from tests.golden.cases import (
    FOLDER,
    Arrays,
    Comparison,
    base_of_split,
    cases,
    load,
    parameters,
    set_parameters,
    skip_what_is_missing,
    under,
)

OUTPUTS, GRADIENTS = 1e-5, 1e-4


@pytest.mark.parametrize("name", cases("layers", ".npz"))
def test_a_layer_gives_caffes_numbers(name: str) -> None:
    if not (FOLDER / "layers" / f"{name}.prototxt").exists():
        pytest.fail(f"{name}.npz has no prototxt beside it")
    arrays = load("layers", name)
    meta = json.loads(str(arrays.pop("meta")))
    imported = import_net(FOLDER / "layers" / f"{name}.prototxt")
    skip_what_is_missing(imported, *(kind for _, kind in meta["layers"] if kind == "DummyData"))
    spec = check_spec(imported.origin)
    with located(spec):
        net = Net(spec.net, meta["phase"].lower())
    Case(net, arrays, meta).run()


@dataclass
class Case:
    """One case at work.

    Attributes:
        net: built from the case's prototxt.
        arrays: what was recorded.
        meta: phase, number of forwards, which inputs get no gradient.
    """

    net: Net
    arrays: Arrays
    meta: Mapping[str, Any]
    found: Comparison = field(default_factory=Comparison)

    def run(self) -> None:
        """Go through the recorded forwards, then the backward of the last one."""
        params = under("param/", self.arrays)
        set_parameters(self.net, params)
        for step in range(self.meta["steps"]):
            ending = f"/step{step}" if self.meta["steps"] > 1 else ""
            fed = self._fed(ending)
            values = self._forward(fed, ending)
        if self.meta["backward"]:
            self._backward(fed, values)
        self.found.require_none()

    def _fed(self, ending: str) -> dict[str, torch.Tensor]:
        fed = {}
        for blob, array in under("in/", self.arrays, ending).items():
            dtype = getattr(torch, self.net.wiring.inputs[blob][1].dtype)
            fed[blob] = torch.from_numpy(array.copy()).to(dtype)
            fed[blob].requires_grad_(f"indiff/{blob}" in self.arrays and dtype.is_floating_point)
        return fed

    def _forward(self, fed: dict[str, torch.Tensor], ending: str) -> dict[str, torch.Tensor]:
        net, arrays = self.net, self.arrays
        inner = {name: self._ours(name) for name in under("blob/", arrays, ending)}
        first = {name: self._first(name) for name in under("blobdiff/", arrays)}
        outputs = list(under("out/", arrays, ending))
        wanted = dict.fromkeys([*outputs, *net.outputs, *inner.values(), *first.values()])
        values = net(fed, wanted)
        for blob in outputs:
            self.found.add(
                f"out/{blob}{ending}", values[blob], arrays[f"out/{blob}{ending}"], OUTPUTS
            )
        for name, blob in inner.items():
            self.found.add(f"blob/{name}", values[blob], arrays[f"blob/{name}{ending}"], OUTPUTS)
        loss = net.total_loss(values) if net.loss_terms else torch.zeros(())
        self.found.add(f"loss{ending}", loss, arrays[f"loss{ending}"], OUTPUTS)
        own = parameters(net)
        for name, array in under("param_after/", arrays, ending).items():
            self.found.add(f"param_after/{name}{ending}", own[name], array, OUTPUTS)
        return values

    def _ours(self, name: str) -> str:
        """Return our blob for one of Caffe's, which may be an automatic copy."""
        return name if name in self.net.wiring.blobs else base_of_split(name, self.net.wiring.blobs)

    def _first(self, name: str) -> str:
        """Return the blob as it is before layers in place, which is where Caffe's gradient ends."""
        for node in self.net.wiring.nodes:
            if name in [top.blob for top in node.tops]:
                return name if len(node.tops) > 1 else f"layer:{node.layer.name}"
        return self._ours(name)

    def _backward(self, fed: dict[str, torch.Tensor], values: dict[str, torch.Tensor]) -> None:
        arrays, own = self.arrays, parameters(self.net)
        seeds = {
            blob: torch.from_numpy(array.copy())
            for blob, array in under("topdiff/", arrays).items()
            if values[blob].requires_grad
        }
        wanted: dict[str, torch.Tensor] = {
            **{f"indiff/{blob}": fed[blob] for blob in under("indiff/", arrays)},
            **{f"paramdiff/{name}": own[name] for name in under("paramdiff/", arrays)},
            **{
                f"blobdiff/{name}": values[self._first(name)]
                for name in under("blobdiff/", arrays)
                if "_split_" not in name  # the share of one reader; the blob itself has the sum
            },
        }
        # At lr_mult 0 nothing is learnt. Caffe computes a gradient there under force_backward, and
        # does not use it; statistics have none.
        learning = {key: tensor for key, tensor in wanted.items() if tensor.requires_grad}
        found = torch.autograd.grad(
            [values[blob] for blob in seeds],
            list(learning.values()),
            list(seeds.values()),
            allow_unused=True,
        )
        for (key, tensor), gradient in zip(learning.items(), found, strict=True):
            ours = torch.zeros_like(tensor) if gradient is None else gradient
            self.found.add(key, ours, arrays[key], GRADIENTS)
