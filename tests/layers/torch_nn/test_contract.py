"""Every module of torch.nn through the contract of the catalogue's layers, in a lighter form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from protonet.layers import LAYERS
from protonet.layers.record import Phase
from protonet.net import Net
from tests.layers.torch_nn.building import each, fed, net_of, run
from tests.layers.torch_nn.cases import CASES, Case

Tensors = tuple[torch.Tensor, ...]

DRAWN_IN_MEMORY_ORDER = ("AlphaDropout", "Dropout")
"""torch draws their zeros in the order of memory, so that another order is another draw."""
TOP, SLOPE = 0.02, 0.05
"""How far bfloat16 may be off: it rounds by up to 1/256, a few times in a row."""


def those_without(part: str) -> pytest.MarkDecorator:
    """Run a test for each module that this part of the contract applies to."""
    cases = [case for case in CASES if part not in LAYERS[f"nn.{case.name}"].exclusions]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def values_and_slopes(net: Net, bottoms: Sequence[torch.Tensor]) -> Tensors:
    """Return the first top, and the gradients of the sum of its squares."""
    top = run(net, [*bottoms])
    held = net.params.get("x", {}).values()
    wanted = [tensor for tensor in (*bottoms, *held) if tensor.requires_grad]
    if not top.requires_grad:
        return (top,)
    total = top.square().sum()
    return (top, *torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True))


def assert_near(found: Tensors, expected: Tensors, shares: Sequence[float]) -> None:
    """Compare the top and the slopes, to a share of each number and of the largest."""
    for place, (one, wanted) in enumerate(zip(found, expected, strict=True)):
        share = shares[min(place, 1)]
        largest = max([1.0, *wanted.abs().flatten().tolist()])
        torch.testing.assert_close(one.to(wanted.dtype), wanted, rtol=share, atol=share * largest)


def like(bottom: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Return numbers as a leaf that gets a gradient if the bottom does."""
    return numbers.detach().requires_grad_(bottom.requires_grad)


def turned_round(tensor: torch.Tensor) -> torch.Tensor:
    """Return the same numbers with the axes in the opposite order in memory."""
    axes = [*reversed(range(tensor.dim()))]
    return tensor.permute(axes).contiguous().permute(axes)


@each
def test_a_batch_may_be_a_single_sample(case: Case) -> None:
    assert all(one.isfinite().all() for one in values_and_slopes(net_of(case), fed(case, 1)))


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name not in DRAWN_IN_MEMORY_ORDER],
    ids=lambda case: case.name,
)
def test_the_order_in_memory_changes_nothing(case: Case) -> None:
    bottoms = fed(case)
    turned = [like(bottom, turned_round(bottom)) for bottom in bottoms]
    found = values_and_slopes(net_of(case), turned)
    assert_near(found, values_and_slopes(net_of(case), bottoms), (1e-5, 1e-5))


@pytest.mark.filterwarnings("ignore:Mismatch dtype")  # nn.RMSNorm takes its slower way
@those_without("autocast")
@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_autocast_gives_what_float32_gives(case: Case, given: torch.dtype) -> None:
    bottoms = fed(case)
    rounded = [
        like(bottom, bottom.to(given)) if bottom.is_floating_point() else bottom
        for bottom in bottoms
    ]
    wide = [
        like(bottom, bottom.float()) if bottom.is_floating_point() else bottom for bottom in rounded
    ]
    with torch.autocast("cpu", torch.bfloat16):
        found = values_and_slopes(net_of(case), rounded)
    assert all(one.isfinite().all() for one in found)
    assert_near(found, values_and_slopes(net_of(case), wide), (TOP, SLOPE))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.compile's own
@those_without("compile")
def test_it_is_compiled_as_one_graph(case: Case) -> None:
    torch.compiler.reset()
    net, bottoms = net_of(case), fed(case)
    compiled: Any = torch.compile(net.graph_module, fullgraph=True, backend="aot_eager")
    torch.manual_seed(7)
    with torch.no_grad():  # whose gradients they are is torch's own affair
        found = compiled(*bottoms)["x"]
    torch.testing.assert_close(found, run(net_of(case), bottoms), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.export's own
@those_without("export")
def test_it_can_be_exported(case: Case) -> None:
    net, bottoms = net_of(case), [bottom.detach() for bottom in fed(case)]
    exported = torch.export.export(net.graph_module, tuple(bottoms)).module()
    torch.manual_seed(7)
    found = exported(*bottoms)["x"]
    torch.testing.assert_close(found, run(net_of(case), bottoms), rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
@each
def test_a_gpu_computes_what_a_cpu_computes(case: Case) -> None:
    # each device draws in its own way
    phase: Phase = "test" if "Dropout" in case.name or "Fractional" in case.name else "train"
    bottoms = fed(case)
    moved = [like(bottom, bottom.to("cuda")) for bottom in bottoms]
    found = values_and_slopes(net_of(case, phase, "cuda"), moved)
    assert all(one.device.type == "cuda" for one in found)
    expected = values_and_slopes(net_of(case, phase), bottoms)
    # convolutions and matrix products may run in TF32, which rounds by up to 1/2048
    assert_near(tuple(one.cpu() for one in found), expected, (5e-3, 5e-3))
