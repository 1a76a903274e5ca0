from __future__ import annotations

import shutil

import pytest
import torch
from torch import nn

from protonet.errors import DataError, DeviceError
from protonet.run.compiled import compiled


class Twice(nn.Module):
    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"y": (x * 2).sin()}


def test_without_compilation_the_module_itself_is_called() -> None:
    module = Twice()
    assert compiled(module, False) is module


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, as it loads
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_what_is_compiled_gives_the_same() -> None:
    x = torch.arange(8.0)
    found = compiled(Twice(), True)(x)
    torch.testing.assert_close(found["y"], (x * 2).sin())


class Row(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ones(3, 2)[x].sin()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, as it loads
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_an_index_outside_is_no_traceback() -> None:
    row = compiled(Row(), True)
    row(torch.tensor([2, 1]))
    with pytest.raises(DataError) as caught:
        row(torch.tensor([3, 1]))
    assert str(caught.value) == (
        "an index or a label lies outside what it is taken of; without solver.compile the layer "
        "and the number are named"
    )


def test_where_nothing_can_compile_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(module: nn.Module, mode: str) -> object:
        def call(*bottoms: torch.Tensor) -> object:
            reason = RuntimeError("no g++ here\nand a long story")
            raise torch._dynamo.exc.BackendCompilerFailed(lambda: None, reason, None)

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(DeviceError) as caught:
        compiled(Twice(), "max-autotune")(torch.zeros(1))
    assert str(caught.value) == (
        "solver.compile: the net cannot be compiled: no g++ here; a C++ compiler (g++) is needed "
        "on a CPU, triton on a GPU. Train without compile"
    )
