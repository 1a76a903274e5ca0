"""The contract on a GPU: the tops, slopes and statistics of the CPU."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from protonet.layers.record import Phase
from tests.layers.contract_case import Case
from tests.layers.contract_parts import RUN, module_of, over, tensors_of, values_and_slopes

pytestmark = pytest.mark.gpu

DRAWING = ("Dropout", "Noise", "STOCHASTIC")
"""Types, and values of their keys, that draw in training: each device in its own way."""
OFF: Mapping[torch.dtype, float] = {torch.float32: 2e-3, torch.float64: 1e-7}
"""How far numbers may be off, relative and absolute: convolutions of float32 may run in TF32, which
rounds by up to 1/2048."""


@over(*RUN)
@pytest.mark.parametrize("dtype", OFF, ids=["float32", "float64"])
def test_a_gpu_computes_what_a_cpu_computes(name: str, case: Case, dtype: torch.dtype) -> None:
    phase: Phase = "test" if any(word in f"{name} {case.keys}" for word in DRAWING) else "train"
    ours = module_of(name, case, phase=phase, dtype=dtype)
    theirs = module_of(name, case, phase=phase, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    ours.to("cuda")
    bottoms = tensors_of(case, 3, dtype)
    moved = tuple(
        bottom.detach().to("cuda").requires_grad_(bottom.requires_grad) for bottom in bottoms
    )

    found, slopes = values_and_slopes(ours, moved)
    expected, wanted_slopes = values_and_slopes(theirs, bottoms)

    assert all(one.device.type == "cuda" for one in (*found, *slopes))
    for one, wanted in zip(
        (*found, *slopes, *ours.buffers()),
        (*expected, *wanted_slopes, *theirs.buffers()),
        strict=True,
    ):
        torch.testing.assert_close(one.cpu(), wanted, rtol=OFF[dtype], atol=OFF[dtype])
