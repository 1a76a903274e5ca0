"""The contract in half precision: finite tops and slopes, near those of float32."""

from __future__ import annotations

import pytest
import torch

from protonet.layers.record import Phase
from tests.layers.contract_case import Case
from tests.layers.contract_parts import (
    RUN,
    Tensors,
    module_of,
    over,
    tensors_of,
    values_and_slopes,
)

HALF = pytest.mark.parametrize("half", [torch.bfloat16, torch.float16], ids=["bfloat16", "float16"])
TOP, SLOPE = 0.02, 0.05
"""How far a top and a gradient may be off: bfloat16 rounds by up to 1/256, and numbers pass through
a few roundings."""
DRAWN_BY_SHARES = {"STOCHASTIC": "a share that is rounded may draw another number of the window"}
"""Values of keys that are compared outside training, and why."""


@over(*RUN)
@HALF
def test_autocast_gives_what_float32_gives(name: str, case: Case, half: torch.dtype) -> None:
    check(name, case, half, tensors_of(case, 2, torch.float32))


@over(*RUN)
@HALF
def test_autocast_takes_what_a_layer_before_gave_in_half(
    name: str, case: Case, half: torch.dtype
) -> None:
    check(name, case, half, tensors_of(case, 2, half))


def check(name: str, case: Case, half: torch.dtype, bottoms: Tensors) -> None:
    """Compare a layer under autocast with the same one in float32, on the same numbers."""
    phase: Phase = "test" if any(word in case.keys for word in DRAWN_BY_SHARES) else "train"
    lowered, module = (module_of(name, case, 2, phase, torch.float32) for _ in range(2))
    module.load_state_dict(lowered.state_dict())
    with torch.autocast("cpu", half):
        found, slopes = values_and_slopes(lowered, bottoms)
    expected, wanted_slopes = values_and_slopes(module, tuple(map(widened, bottoms)))
    assert all(one.isfinite().all() for one in (*found, *slopes))
    assert_near(found, expected, TOP)
    assert_near(slopes, wanted_slopes, SLOPE)


def assert_near(found: Tensors, expected: Tensors, share: float) -> None:
    """Compare, to a share of each number and of the largest: what is left of terms that cancel each
    other is as inexact as they are."""
    for one, wanted in zip(found, expected, strict=True):
        largest = max([1.0, *wanted.double().abs().flatten().tolist()])
        torch.testing.assert_close(one.to(wanted.dtype), wanted, rtol=share, atol=share * largest)


def widened(bottom: torch.Tensor) -> torch.Tensor:
    if not bottom.is_floating_point():
        return bottom
    return bottom.detach().float().requires_grad_(bottom.requires_grad)
