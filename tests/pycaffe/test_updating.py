from __future__ import annotations

from pathlib import Path

import numpy as np

import protonet.pycaffe as caffe
from protonet.pycaffe.updating import update
from tests.pycaffe.prototxts import SOLVER, solver_of


def test_gradients_are_clipped_then_divided(tmp_path: Path) -> None:
    text = SOLVER.replace("momentum: 0.9", "clip_gradients: 5 iter_size: 2")
    solver = caffe.SGDSolver(str(solver_of(tmp_path, text)))
    weight, bias = solver.net.params["ip"]
    weight.data[...], bias.data[...] = 1, 1
    weight.diff[0, 0], bias.diff[0] = 6, 8  # of norm 10: halved to 3 and 4, then divided by 2

    is_finite = update(solver.net, solver.optimizer, solver.param, 0.1)

    assert is_finite
    np.testing.assert_allclose(weight.data[0], [1 - 0.15, 1, 1, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(bias.data, [1 - 0.2, 1, 1], rtol=1e-6)
    assert weight.diff[0, 0] == 6
