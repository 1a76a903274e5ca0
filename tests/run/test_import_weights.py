from __future__ import annotations

from pathlib import Path

import torch

from protonet.net import prove_phases
from protonet.run.import_weights import Fitted, Needs, fitted
from protonet.schema import Spec, load_spec

NET = """\
net:
  inputs: {x: [2, 3], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 4, param: {weight: {name: w}}}
    - {name: twin, type: InnerProduct, bottom: x, num_output: 4, param: {weight: {name: w}}}
    - {name: sum, type: Eltwise, bottom: [ip, twin]}
    - {name: loss, type: SoftmaxWithLoss, bottom: [sum, label], phase: train}
    - {name: extra, type: InnerProduct, bottom: sum, num_output: 2, bias_term: false, phase: test}
"""
SHAPES = {"ip/weight": (4, 6), "ip/bias": (4,), "twin/bias": (4,), "extra/weight": (2, 4)}


def needs(folder: Path) -> Needs:
    path = folder / "net.yaml"
    path.write_text(NET)
    spec: Spec = load_spec(path)
    return Needs.of(spec.net, prove_phases(spec.net).values())


def whole() -> dict[str, torch.Tensor]:
    """Return the arrays of a file that fits, shared ones in both layers, as Caffe writes them."""
    return {
        "ip/0": torch.ones(1, 1, 4, 6),
        "ip/1": torch.ones(1, 1, 1, 4),
        "twin/0": torch.ones(4, 6),
        "twin/1": torch.ones(4, dtype=torch.float64),
        "extra/0": torch.ones(2, 4),
    }


def test_a_net_wants_the_parameters_of_all_phases_each_once(tmp_path: Path) -> None:
    found = needs(tmp_path)

    assert found.shapes == SHAPES
    assert found.uses["twin"] == {"weight": "ip/weight", "bias": "twin/bias"}
    assert found.named()["twin/0"] == "ip/weight"


def test_arrays_are_brought_into_shape(tmp_path: Path) -> None:
    found: Fitted = fitted(needs(tmp_path), whole())

    assert found.fits
    assert {name: tuple(tensor.shape) for name, tensor in found.tensors.items()} == SHAPES
    assert {tensor.dtype for tensor in found.tensors.values()} == {torch.float32}
    assert found.reshaped == {"ip/weight": (1, 1, 4, 6), "ip/bias": (1, 1, 1, 4)}
    assert found.dropped == {}


def test_what_does_not_fit_is_told_apart(tmp_path: Path) -> None:
    given = whole() | {"ip/1": torch.ones(5), "old/0": torch.ones(2)}
    del given["extra/0"]

    found = fitted(needs(tmp_path), given)

    assert not found.fits
    assert found.misfit == {"ip/bias": (5,)}
    assert found.missing == ("extra/weight",)
    assert found.dropped == {"old/0": (2,)}


def test_numbers_that_are_not_finite_are_counted(tmp_path: Path) -> None:
    weight = torch.ones(4, 6)
    weight[:2] = torch.nan
    weight[2, 0] = -torch.inf
    bias = torch.tensor([1e300, 0, 1, 2], dtype=torch.float64)  # infinite as float32
    large = torch.full((2, 4), 3e38)  # whose sum is infinite, and none of them is

    found = fitted(
        needs(tmp_path),
        whole() | {"ip/0": weight, "twin/0": weight, "twin/1": bias, "extra/0": large},
    )

    assert found.nonfinite() == {"ip/weight": 13, "twin/bias": 1}


def test_arrays_of_layers_that_are_kept_stay_as_they_are(tmp_path: Path) -> None:
    found = fitted(needs(tmp_path), {"old/0": torch.ones(2)}, keep=["old"])

    assert list(found.tensors) == ["old/0"]
