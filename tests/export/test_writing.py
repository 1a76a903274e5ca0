from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from torch import Tensor, nn

from protonet.errors import UsageError
from protonet.export.writing import (
    Program,
    run_onnx,
    run_program,
    write_onnx,
    write_program,
    write_weights,
)


class Sums(nn.Module):
    """Gives two outputs of two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))

    def forward(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        return {"sum": a @ self.weight + b, "twice": b * 2}


class Branch(nn.Module):
    """Does what depends on the numbers, which no program can."""

    def forward(self, a: Tensor) -> dict[str, Tensor]:
        return {"a": a if a.sum() > 0 else -a}


PROGRAM = Program(
    Sums().eval().requires_grad_(False),
    {"a": ("N", 2), "b": ("N", 2)},
    (torch.zeros(2, 2), torch.zeros(2, 2)),
    ("sum", "twice"),
)
A, B = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.ones(3, 2)
SUM = [[2.0, 3.0], [4.0, 5.0], [5.0, 7.0]]


def test_a_program_runs_again_with_a_batch_of_any_size(tmp_path: Path) -> None:
    path = tmp_path / "p.pt2"
    write_program(PROGRAM, path)
    found = run_program(path)(A, B)
    assert found["sum"].tolist() == SUM
    assert found["twice"].tolist() == [[2.0, 2.0]] * 3


def test_onnx_runs_again_with_a_batch_of_any_size(tmp_path: Path) -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    path = tmp_path / "p.onnx"
    write_onnx(PROGRAM, path)
    found = run_onnx(path, ["a", "b"])(A, B)
    assert found["sum"].tolist() == SUM
    assert found["twice"].tolist() == [[2.0, 2.0]] * 3


def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError) as caught:
        write_onnx(PROGRAM, tmp_path / "p.onnx")
    assert str(caught.value) == (
        "--to onnx needs the library onnx; get it with: pip install 'protonet[onnx]'"
    )


def test_what_torch_cannot_export_is_refused(tmp_path: Path) -> None:
    program = Program(Branch(), {"a": ("N",)}, (torch.zeros(2),), ("a",))
    with pytest.raises(UsageError, match=r"^torch\.export cannot export the net: \S"):
        write_program(program, tmp_path / "p.pt2")
    assert not list(tmp_path.iterdir())


def test_weights_are_plain_arrays_by_layer_and_parameter(tmp_path: Path) -> None:
    tensor = torch.arange(6.0).reshape(2, 3).t()
    write_weights({"ip/weight": tensor}, tmp_path / "w.safetensors")
    found = safetensors.numpy.load_file(tmp_path / "w.safetensors")
    assert np.array_equal(found["ip/weight"], tensor.numpy())
