"""Caffe's own 25 iterations, replayed with a tiny net written out here: ip1, ReLU, ip2, loss.

Recorded from Caffe 9b8915401 on the CPU in float32 (reference/golden/solvers). Batch j holds rows
4j to 4j+3 of the 12, wrapping; `p/<layer>/<i>[k]` is a parameter after k iterations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from protonet.optim import Slot, momentum
from protonet.optim.gradients import clip_, divide_, owned
from protonet.optim.sgd import Sgd, SgdParams

Arrays = Mapping[str, npt.NDArray[np.float32]]

COPIED = Path(__file__).parents[1] / "golden" / "solvers"
NAMES = ("ip1/0", "ip1/1", "ip2/0", "ip2/1")
EVEN = ((1.0, 1.0),) * 4
UNEVEN = ((1.0, 1.0), (2.0, 0.0), (0.5, 2.0), (0.0, 1.0))


@dataclass(frozen=True)
class Case:
    """What the .solver.prototxt of the same name says."""

    momentum: float = 0.9
    weight_decay: float = 0.0
    regularization_type: str = "L2"
    clip: float | None = None
    iter_size: int = 1
    multipliers: tuple[tuple[float, float], ...] = EVEN


CASES = {
    "sgd_plain": Case(),
    "sgd_nomomentum": Case(momentum=0.0),
    "sgd_wd_l1": Case(weight_decay=0.02, regularization_type="L1"),
    "sgd_clip": Case(clip=0.3),
    "sgd_clip_wd": Case(clip=0.3, weight_decay=0.05),
    "sgd_itersize2": Case(iter_size=2),
    "sgd_lrmult_wd": Case(weight_decay=0.05, multipliers=UNEVEN),
    "sgd_lrmult_clip_wd": Case(weight_decay=0.05, clip=0.3, multipliers=UNEVEN),
    "sgd_euclid": Case(weight_decay=0.01),
    "sgd_all": Case(clip=0.5, weight_decay=0.05, iter_size=2),
}


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    if COPIED.is_dir():
        return COPIED
    reference: Path = request.getfixturevalue("reference")
    return reference / "golden" / "solvers"


@pytest.mark.parametrize("devices", [momentum.FUSED_DEVICES, frozenset()], ids=["fused", "other"])
@pytest.mark.parametrize("name", CASES)
def test_parameters_follow_caffes_recorded_trajectory(
    name: str, devices: frozenset[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(momentum, "FUSED_DEVICES", devices)
    with np.load(folder / f"{name}.npz") as file:
        recorded = {key: file[key] for key in file.files if key not in ("meta", "solver", "net")}

    run = Run(CASES[name], recorded)

    for iteration in range(25):
        loss = run.step(iteration)
        assert loss == pytest.approx(float(recorded["loss"][iteration]), rel=1e-5)
        for key, parameter in zip(NAMES, run.parameters, strict=True):
            expected = recorded[f"p/{key}"][iteration + 1]
            error = np.abs(parameter.detach().numpy() - expected).max()
            assert error <= 1e-6 * np.abs(expected).max()
    for position, key in enumerate(NAMES):
        if key in run.rule.history:
            expected = recorded[f"history_final/{position:02d}"]
            np.testing.assert_allclose(run.rule.history[key].numpy(), expected, atol=1e-7)
    assert run.flag.item() == 0.0


class Run:
    """The net, its data and the rule under test."""

    def __init__(self, case: Case, recorded: Arrays) -> None:
        self.case, self.recorded = case, recorded
        self.parameters = [torch.from_numpy(recorded[f"p/{name}"][0].copy()) for name in NAMES]
        for parameter, (lr_mult, _) in zip(self.parameters, case.multipliers, strict=True):
            parameter.requires_grad_(lr_mult != 0)
        params: dict[str, Any] = {
            "momentum": case.momentum,
            "weight_decay": case.weight_decay,
            "regularization_type": case.regularization_type,
        }
        slots = zip(NAMES, self.parameters, case.multipliers, strict=True)
        self.rule = Sgd([Slot(name, tensor, *m) for name, tensor, m in slots], SgdParams(**params))
        self.flag = torch.zeros(())
        self.batch = 0

    def step(self, iteration: int) -> float:
        losses = [self.loss() for _ in range(self.case.iter_size)]
        learning = [parameter for parameter in self.parameters if parameter.requires_grad]
        gradients: list[Tensor | None] = list(
            owned(torch.autograd.grad(sum(losses, torch.zeros(())), learning), learning)
        )
        gradients += [None] * (len(self.parameters) - len(learning))
        if self.case.clip is not None:
            clip_(gradients, self.case.clip)
        divide_(gradients, self.case.iter_size)
        self.rule.update(gradients, float(self.recorded["lr"][iteration]), self.flag)
        return losses[-1].item()

    def loss(self) -> Tensor:
        rows = [(4 * self.batch + row) % 12 for row in range(4)]
        self.batch += 1
        weight1, bias1, weight2, bias2 = self.parameters
        data = torch.from_numpy(self.recorded["data"][rows])
        ip2 = functional.linear(functional.linear(data, weight1, bias1).relu(), weight2, bias2)
        if "target" in self.recorded:
            target = torch.from_numpy(self.recorded["target"][rows])
            return ((ip2 - target) ** 2).sum() / (2 * len(rows))
        labels = torch.from_numpy(self.recorded["label"][rows]).long()
        return functional.cross_entropy(ip2, labels)
