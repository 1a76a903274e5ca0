from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.run.job import Job, prepare
from protonet.run.nonfinite import explain
from tests.small import points, small_spec, write_points


def job(folder: Path) -> Job:
    return prepare(small_spec(folder), None, pytest.fail)


def test_the_first_layer_whose_output_is_not_finite_is_named(tmp_path: Path) -> None:
    made = job(tmp_path)
    with torch.no_grad():
        made.net.params["scores"]["weight"].fill_(float("inf"))
    assert explain(made, 3) == "the output of layer scores is not finite"


def test_an_input_that_is_not_finite_is_named(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    records = dict(points(60, 1))
    records["data"] = records["data"].copy()
    records["data"][:] = float("nan")
    (tmp_path / "points.lmdb" / "data.mdb").unlink()
    (tmp_path / "points.lmdb").rmdir()
    write_points(tmp_path / "points.lmdb", train=records, test=points(20, 2))
    assert explain(prepare(spec, None, pytest.fail), 0) == "the input data is not finite"


def test_a_gradient_can_be_at_fault_alone(tmp_path: Path) -> None:
    assert explain(job(tmp_path), 0) == "the loss was finite, but a gradient was not"
