"""The contract under torch.compile and torch.export: the same tops, slopes and statistics."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import nn

from protonet.layers.record import Phase, Setting
from protonet.net import Net
from tests.layers.building import blob_of
from tests.layers.contract_case import Case
from tests.layers.contract_parts import (
    RUN,
    Tensors,
    module_of,
    over,
    params_of,
    run,
    spec_text,
    sum_of_squares,
    tensors_of,
    values_and_slopes,
)
from tests.layers.contract_types import LAYERS
from tests.specs import spec_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the compiler's own: nothing that a layer could change
]

COMPILED = [item for item in RUN if "compile" not in LAYERS[item[0]].exclusions]
EXPORTED = [item for item in RUN if "export" not in LAYERS[item[0]].exclusions]
OTHER_OUTSIDE_TRAINING = ("BatchNorm", "Dropout", "Pooling", "SPP")
DRAWING = ("Dropout", "Noise")
"""Types that draw numbers, which a compiled kernel does in an order of its own."""
COMPILERS = ("c++", "g++", "clang++")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Let no graph of one test be a guess for the next."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def phases_of(name: str) -> Sequence[Phase]:
    return ("train", "test") if name in OTHER_OUTSIDE_TRAINING else ("train",)


@over(*COMPILED)
def test_a_layer_is_compiled_as_one_graph(name: str, case: Case) -> None:
    for phase in phases_of(name):
        ours, theirs = module_of(name, case, phase=phase), module_of(name, case, phase=phase)
        theirs.load_state_dict(ours.state_dict())
        bottoms = tensors_of(case, 2)
        compiled: Any = torch.compile(ours, fullgraph=True, backend="aot_eager")
        for _ in range(2):  # what the first call left behind is there in the second
            found, slopes = values_and_slopes(compiled, bottoms)
            expected, wanted = values_and_slopes(theirs, bottoms)
            assert_same((*found, *slopes), (*expected, *wanted))
        assert_same([*ours.buffers()], [*theirs.buffers()])


@over(*EXPORTED)
def test_a_net_of_the_layer_is_exported_for_any_batch(name: str, case: Case) -> None:
    spec = spec_of(spec_text(name, case), layers=LAYERS).net
    for phase in phases_of(name):
        exported = exported_module(Net(spec, phase, seed=3), case)
        for batch in (3, 5):
            inputs = detached(tensors_of(case, batch, torch.float32))
            torch.manual_seed(1)
            found = exported(*inputs)
            torch.manual_seed(1)
            expected = Net(spec, phase, seed=3).graph_module(*inputs)
            assert found.keys() == expected.keys()
            assert_same([*found.values()], [*expected.values()])


@over(*(item for item in EXPORTED if item[0] in ("LSTM", "RNN")))
def test_an_export_leaves_the_state_of_a_net_alone(name: str, case: Case) -> None:
    spec = spec_of(spec_text(name, case), layers=LAYERS).net
    net, untouched = Net(spec, seed=3), Net(spec, seed=3)
    inputs = detached(tensors_of(case, 3, torch.float32))
    for one in (net, untouched):
        one.graph_module(*inputs)
    exported_module(net, case)
    found, expected = net.graph_module(*inputs), untouched.graph_module(*inputs)
    assert_same([*found.values()], [*expected.values()])


def exported_module(net: Net, case: Case) -> nn.Module:
    """Return a net's program for any number of samples, 4 of them shown to the exporter."""
    inputs = detached(tensors_of(case, 4, torch.float32))
    auto = torch.export.Dim.AUTO
    shapes = tuple(
        {axis: auto for axis, side in enumerate(bottom.shape) if not side}
        for bottom in case.bottoms
    )
    program = torch.export.export(net.graph_module, inputs, dynamic_shapes=shapes or None)
    return program.module()


@pytest.mark.timeout(900)  # it is the C++ compiler that takes its time, on a busy machine more
@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="needs a C++ compiler")
def test_compiled_kernels_of_all_types_compute_the_same() -> None:
    first = {name: case for name, case in reversed(COMPILED) if name not in DRAWING}
    bottoms = {name: tensors_of(case, 2, torch.float32) for name, case in first.items()}
    ours, theirs = (
        nn.ModuleDict(
            {
                f"layer {name}": module_of(name, case, dtype=torch.float32)
                for name, case in first.items()
            }
        )
        for _ in range(2)
    )
    theirs.load_state_dict(ours.state_dict())

    def tops_of(layers: nn.ModuleDict) -> list[torch.Tensor]:
        return [top for name in first for top in run_as_is(layers[f"layer {name}"], bottoms[name])]

    compiled = torch.compile(tops_of, fullgraph=True)  # one graph: a kernel each would take hours
    found, expected = compiled(ours), tops_of(theirs)
    assert_same(found, expected)
    leaves = [one for numbers in bottoms.values() for one in numbers if one.requires_grad]
    assert_same(
        slopes_of(found, [*leaves, *ours.parameters()]),
        slopes_of(expected, [*leaves, *theirs.parameters()]),
    )
    assert_same([*ours.buffers()], [*theirs.buffers()])


def run_as_is(module: nn.Module, bottoms: Tensors) -> Tensors:
    given = module(*bottoms)
    return given if isinstance(given, tuple) else (given,)


def slopes_of(tops: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]) -> Tensors:
    learning = tuple(top for top in tops if top.requires_grad)
    return torch.autograd.grad(sum_of_squares(learning), wanted, materialize_grads=True)


SATURATED = {
    # name: keys, scores of two samples of class 0, the loss by hand, its gradient by hand
    "SoftmaxWithLoss": (
        "",
        [[0.0, 100.0], [0.0, 0.0]],
        (87.33654475 + 0.69314718) / 2,  # -ln(FLT_MIN), not 100; ln 2
        [[-0.5, 0.5], [-0.25, 0.25]],  # (p - 1) / 2 for the label 0, p / 2 for the other class
    ),
    "InfogainLoss": (
        "matrix: [[1, 0], [0, 1]]",
        [[0.0, 100.0], [0.0, 0.0]],
        (46.05170186 + 0.69314718) / 2,  # -ln(1e-20)
        [[-0.5, 0.5], [-0.25, 0.25]],
    ),
    "MultinomialLogisticLoss": (
        "",
        [[1e-30, 1.0], [0.5, 0.5]],
        (46.05170186 + 0.69314718) / 2,
        [[-0.5e20, 0.0], [-1.0, 0.0]],  # -1 / (2 max(p, 1e-20))
    ),
}


@pytest.mark.parametrize("name", SATURATED)
def test_a_floor_of_the_value_alone_is_compiled_as_such(name: str) -> None:
    keys, numbers, loss, slopes = SATURATED[name]
    scores = torch.tensor(numbers, requires_grad=True)
    labels = torch.zeros(2, dtype=torch.int64)
    params, blobs = params_of(name, Case(keys, ())), [blob_of(scores), blob_of(labels)]
    module = LAYERS[name].build(params, blobs, Setting())
    compiled: Any = torch.compile(module, fullgraph=True, backend="aot_eager")
    for one in (module, compiled):
        (top,) = run(one, (scores, labels))
        assert top.item() == pytest.approx(loss)
        (slope,) = torch.autograd.grad(top, scores)
        torch.testing.assert_close(slope, torch.tensor(slopes))


def detached(tensors: Tensors) -> Tensors:
    return tuple(tensor.detach() for tensor in tensors)


def assert_same(found: Sequence[torch.Tensor], expected: Sequence[torch.Tensor]) -> None:
    for one, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(one, wanted)
