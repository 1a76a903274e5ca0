from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from tests.pycaffe.prototxts import SOLVER, solver_of

CHANGES = {
    "SGD": (0.9, 0.2),  # r g
    "Nesterov": (0.9, 0.38),  # (1 + m) r g
    "AdaGrad": (0, 0.1),  # r g / sqrt(g^2)
    "RMSProp": (0, 1.0),  # r g / sqrt(0.01 g^2)
    "AdaDelta": (0, 1e-5),  # r g sqrt(1e-8 / g^2)
    "Adam": (0.9, 0.1),  # r sqrt(0.001) / 0.1 * 0.1 g / sqrt(0.001 g^2)
}
"""Momentum, and by how much a first update at rate 0.1 changes a parameter of gradient 2."""


def change(solver: caffe.Solver) -> float:
    blob = solver.net.params["ip"][1]
    blob.data[...], blob.diff[...] = 0, 2
    solver.apply_update()
    assert len(set(blob.data.tolist())) == 1
    return -float(blob.data[0])


@pytest.mark.parametrize("name", CHANGES)
def test_a_solver_makes_its_own_updates(name: str, tmp_path: Path) -> None:
    momentum, expected = CHANGES[name]
    text = SOLVER.replace("momentum: 0.9", f"momentum: {momentum}")
    path = solver_of(tmp_path, text.replace('"SGD"', '"AdaGrad"' if name == "SGD" else '"SGD"'))

    solver = getattr(caffe, f"{name}Solver")(str(path))

    np.testing.assert_allclose(change(solver), expected, rtol=1e-4)


@pytest.mark.parametrize("name", CHANGES)
def test_get_solver_goes_by_the_prototxt(name: str, tmp_path: Path) -> None:
    momentum, expected = CHANGES[name]
    text = SOLVER.replace("momentum: 0.9", f"momentum: {momentum}").replace('"SGD"', f'"{name}"')

    solver = caffe.get_solver(str(solver_of(tmp_path, text)))

    np.testing.assert_allclose(change(solver), expected, rtol=1e-4)
