"""Caffe's own nets: every blob, parameter and number of them is what Caffe made of the prototxt.

The prototxt files are not committed: they lie in the reference, under models/caffe_nets.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from protonet.caffe import Shapes, import_net
from protonet.caffe.data_layers import PARAM
from protonet.net import Net
from protonet.schema import check_spec, located
from protonet.spec.wiring import Value
from tests.golden import fill
from tests.golden.cases import (
    FOLDER,
    Comparison,
    cases,
    parameters,
    set_parameters,
    skip_what_is_missing,
)

WITHIN = 1e-4
LARGE = 10_000_000
"""Parameters from which a net takes seconds to fill and run."""

Recorded = Mapping[str, Any]
LayerLine = tuple[str, list[str], list[str]]
"""A layer's type, bottoms and tops."""


def recorded_nets() -> Iterator[Any]:
    """Yield the name of every recorded net, the large ones marked as slow."""
    for name in cases("nets", ".json"):
        large = read(name)["n_params_all_layers"] > LARGE
        yield pytest.param(name, marks=pytest.mark.slow) if large else name


def read(name: str) -> Recorded:
    """Return what was recorded of a net."""
    recorded: Recorded = json.loads((FOLDER / "nets" / f"{name}.json").read_text())
    return recorded


@pytest.mark.parametrize("name", list(recorded_nets()))
def test_a_net_of_caffes_has_its_structure_and_numbers(name: str, reference: Path) -> None:
    recorded = read(name)
    *_, folder, file = Path(recorded["source"]).parts
    prototxt = reference / "models" / "caffe_nets" / folder / file
    if not prototxt.exists():
        pytest.skip(f"{recorded['source']} is not in the reference")
    shapes = {blob: shape[1:] for blob, shape in recorded["blobs"] if blob in recorded["inputs"]}
    found = Comparison()

    written = Case.of(
        prototxt, recorded, shapes if recorded["data_layers_replaced_by_input"] else {}
    )
    written.compare_structure(found)
    if "check" in recorded:  # recorded with another batch than the prototxt's
        Case.of(prototxt, recorded, shapes).compare_numbers(found)
    found.require_none()


@dataclass(frozen=True)
class Case:
    """A net, and what was recorded of it.

    Attributes:
        net: built from the prototxt.
        recorded: the JSON.
        copies: Caffe's automatic Split blobs, with the blob that each is a copy of.
    """

    net: Net
    recorded: Recorded
    copies: Mapping[str, str]

    @classmethod
    def of(cls, prototxt: Path, recorded: Recorded, shapes: Shapes) -> Case:
        """Import a net, or skip where protonet has not all its layer types."""
        imported = import_net(prototxt, shapes)
        skip_what_is_missing(imported)
        spec = check_spec(imported.origin)
        with located(spec):
            net = Net(spec.net, recorded["phase"].lower())
        splits = [layer for layer in recorded["layers"] if layer["type"] == "Split"]
        copies = {top: split["bottoms"][0] for split in splits for top in split["tops"]}
        return cls(net, recorded, copies)

    def compare_structure(self, found: Comparison) -> None:
        """Compare layers, shapes, parameters, outputs and weights of losses."""
        net, recorded = self.net, self.recorded
        params = {
            layer: [list(tensor.shape) for tensor in tensors.values()]
            for layer, tensors in net.params.items()
        }
        counts = [
            sum(tensor.numel() for tensors in net.params.values() for tensor in tensors.values()),
            sum(tensor.numel() for tensor in net.named_tensors().values()),
        ]
        weights = {term.output: pytest.approx(term.weight) for term in net.loss_terms}
        for what, ours, caffes in (
            ("layers", self._layers(), self._caffes_layers()),
            ("blobs", self._shapes(), dict(recorded["blobs"])),
            ("params", params, recorded["params"]),
            (
                "counts",
                counts,
                [recorded[f"n_params_{kind}"] for kind in ("all_layers", "learnable")],
            ),
            ("outputs", sorted(net.outputs), sorted(recorded["outputs"])),
            ("loss weights", weights, recorded["loss_weights"]),
        ):
            if ours != caffes:
                found.wrong.append(f"{what}: {ours}\n    Caffe's: {caffes}")

    def _layers(self) -> list[LayerLine]:
        return [
            (node.layer.type, _names(node.bottoms), _names(node.tops))
            for node in self.net.wiring.nodes
        ]

    def _caffes_layers(self) -> list[LayerLine]:
        """Return type, bottoms and tops; data layers and automatic copies are none of ours.

        Bottoms and tops were recorded by the layer's name: of two with one name, both have those of
        the last, and ours are taken instead.
        """
        layers = [
            layer
            for layer in self.recorded["layers"]
            if layer["type"] not in ("Input", "Split", *PARAM)
        ]
        names = [layer["name"] for layer in layers]
        return [
            (
                layer["type"],
                [self.copies.get(each, each) for each in layer["bottoms"]],
                layer["tops"],
            )
            if names.count(layer["name"]) == 1
            else (layer["type"], *ours[1:])
            for layer, ours in zip(layers, self._layers(), strict=True)
        ]

    def _shapes(self) -> dict[str, list[int]]:
        """Return the shape of every blob of Caffe's, with the recorded batch for N."""
        blobs = dict(self.recorded["blobs"])
        batch = blobs[self.recorded["inputs"][0]][0]
        values = self.net.wiring.blobs
        ours = {name: self.net.axes(values[self.copies.get(name, name)]) for name in blobs}
        return {name: [_sized(axis, batch) for axis in axes] for name, axes in ours.items()}

    def compare_numbers(self, found: Comparison) -> None:
        """Run the net on the recorded weights and inputs and compare statistics."""
        net, check = self.net, self.recorded["check"]
        kinds = {node.layer.name: node.layer.type for node in net.wiring.nodes}
        values: dict[str, fill.Floats] = {}
        filled: dict[int, fill.Floats] = {}  # a shared parameter as its first layer has it
        for name, tensor in parameters(net).items():
            layer, place = name.rsplit("/", 1)
            own = fill.parameter(layer, kinds[layer], int(place), tensor.shape)
            values[name] = filled.setdefault(id(tensor), own)
        set_parameters(net, values)
        ours = {blob: self.copies.get(blob, blob) for blob in check["blobs"]}
        blobs = net(self._fed(), dict.fromkeys([*ours.values(), *net.outputs]))
        for blob, statistics in check["blobs"].items():
            _compare(blob, blobs[ours[blob]], statistics, found)
        if "loss" in check:
            loss = net.total_loss(blobs)
            found.add_lists("loss", [loss.item()], [check["loss"]], WITHIN)
        if "param_grads" in check:
            loss.backward()
        for name, statistics in check.get("param_grads", {}).items():
            gradient = parameters(net)[name].grad
            assert gradient is not None
            _compare(f"gradient of {name}", gradient, statistics, found)

    def _fed(self) -> dict[str, torch.Tensor]:
        check, fed = self.recorded["check"], {}
        for blob, spec in self.net.input_specs.items():
            shape = spec.sized({"N": check["batch"]})
            statistics = check["blobs"][blob]
            if all(value.is_integer() for value in statistics["first"]):
                labels = torch.from_numpy(fill.labels(shape, int(statistics["max"]) + 1))
                fed[blob] = labels.to(getattr(torch, spec.dtype))
            else:
                values = torch.from_numpy(fill.data(blob, shape))
                fed[blob] = values.abs() if check.get("input_note") else values
        return fed


def _names(values: Sequence[Value]) -> list[str]:
    return [value.blob for value in values]


def _sized(axis: int | str, batch: int) -> int:
    """Return the length of an axis: a number, N, or a multiple such as 4N."""
    return axis if isinstance(axis, int) else batch * int(axis.removesuffix("N") or 1)


def _compare(
    what: str, tensor: torch.Tensor, statistics: Mapping[str, Any], found: Comparison
) -> None:
    """Compare extremes, first values and norm; the mean by the size of what is averaged."""
    values = tensor.detach().double().flatten()
    largest = max(abs(statistics["min"]), abs(statistics["max"]))
    first = [largest, *values[: len(statistics["first"])].tolist()]
    extremes = [values.min().item(), values.max().item()]
    found.add_lists(f"{what}, first", first, [largest, *statistics["first"]], WITHIN)
    found.add_lists(f"{what}, extremes", extremes, [statistics["min"], statistics["max"]], WITHIN)
    found.add_lists(f"{what}, l2", [values.norm().item()], [statistics["l2"]], WITHIN)
    size = statistics["l2"] / math.sqrt(values.numel())
    mean = [size, values.mean().item()]
    found.add_lists(f"{what}, mean", mean, [size, statistics["mean"]], WITHIN)
