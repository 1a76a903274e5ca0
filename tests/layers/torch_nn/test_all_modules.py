"""Every module of torch.nn, from YAML: built, run, differentiated, and the same as torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import yaml
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.torch_nn import UNUSABLE
from protonet.net import Net
from protonet.randomness import key
from tests.layers.torch_nn.cases import CASES, Case
from tests.specs import spec_of

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def net_of(case: Case) -> Net:
    """Return a net of the one layer."""
    names = [f"b{place}" for place in range(len(case.bottoms))]
    pairs = zip(names, case.bottoms, strict=True)
    inputs = ", ".join(f"{name}: {{shape: {fed.shape}, dtype: {fed.dtype}}}" for name, fed in pairs)
    own = f", {case.keys}" if case.keys else ""
    layer = f"{{name: x, type: nn.{case.name}, bottom: [{', '.join(names)}]{own}}}"
    text = f"net:\n  inputs: {{{inputs}}}\n  layers:\n    - {layer}\n"
    return Net(spec_of(text).net, "train", seed=3)


def fed(case: Case, batch: int = 2) -> list[torch.Tensor]:
    torch.manual_seed(5)
    return [
        bottom.tensor(batch).requires_grad_(bottom.kind in ("", "p") and bottom.dtype == "float32")
        for bottom in case.bottoms
    ]


def run(net: Net, bottoms: list[torch.Tensor]) -> torch.Tensor:
    torch.manual_seed(7)
    return net({f"b{place}": one for place, one in enumerate(bottoms)})["x"]


def torchs_own(case: Case) -> nn.Module:
    """Return the module as a user of torch writes it."""
    keys: dict[str, Any] = yaml.safe_load(f"{{{case.keys}}}") | yaml.safe_load(f"{{{case.sizes}}}")
    keys = {key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()}
    if case.name in ("TransformerEncoder", "TransformerDecoder"):
        count = keys.pop("num_layers")
        layer = getattr(nn, f"{case.name}Layer")(**keys)
        module: nn.Module = getattr(nn, case.name)(layer, count)
    else:
        module = getattr(nn, case.name)(**keys)
    return module


def given_by_torch(case: Case, module: nn.Module, bottoms: list[torch.Tensor]) -> torch.Tensor:
    """Return the first top of torch's module."""
    torch.manual_seed(7)
    has_pair = case.name == "LSTMCell"
    given = module(bottoms[0], tuple(bottoms[1:])) if has_pair else module(*bottoms)
    if case.name == "AdaptiveLogSoftmaxWithLoss":
        given = given.loss
    top: torch.Tensor = given[0] if isinstance(given, tuple) else given
    return top


def test_every_module_is_either_tried_or_refused_with_a_reason() -> None:
    every = {
        name
        for name in dir(nn)
        if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)
    }
    assert {case.name for case in CASES} | set(UNUSABLE) == every
    assert not {case.name for case in CASES} & set(UNUSABLE)


@each
def test_it_gives_what_torchs_own_module_gives_with_the_same_parameters(case: Case) -> None:
    net, theirs = net_of(case), torchs_own(case)
    ours = net.params.get("x", {})
    state = theirs.state_dict()
    assert {name.replace(".", "_") for name in state} == ours.keys()
    theirs.load_state_dict({name: ours[name.replace(".", "_")] for name in state})
    bottoms = fed(case)
    expected = given_by_torch(case, theirs, bottoms)
    torch.testing.assert_close(run(net, bottoms), expected, rtol=1e-5, atol=1e-6)


@each
def test_gradients_of_bottoms_and_parameters_are_torchs_own(case: Case) -> None:
    net, theirs = net_of(case), torchs_own(case)
    ours = net.params.get("x", {})
    theirs.load_state_dict({name: ours[name.replace(".", "_")] for name in theirs.state_dict()})
    bottoms = fed(case)
    moved = [one for one in bottoms if one.requires_grad]
    named = dict(theirs.named_parameters())
    learnt = list(named.values())
    held = [ours[name.replace(".", "_")] for name in named]
    top, expected = run(net, bottoms), given_by_torch(case, theirs, bottoms)
    found = torch.autograd.grad(top.square().sum(), [*moved, *held], allow_unused=True)
    wanted = torch.autograd.grad(expected.square().sum(), [*moved, *learnt], allow_unused=True)
    assert any(one is not None for one in wanted)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@each
def test_its_shapes_are_foretold_for_any_batch(case: Case) -> None:
    net = net_of(case)
    for batch in (2, 3):
        top = run(net, fed(case, batch))
        assert net.outputs.keys() == {"x"}
        axes = [batch if one == "N" else one for one in net.axes(net.outputs["x"])]
        assert [axis for axis in axes if isinstance(axis, int)] == list(top.shape)


@each
def test_its_parameters_start_as_torch_starts_them(case: Case) -> None:
    ours = net_of(case).params.get("x", {})
    torch.manual_seed(key(3, "x") >> 1)
    fresh = torchs_own(case).state_dict()
    found = {name: ours[name.replace(".", "_")].detach() for name in fresh}
    torch.testing.assert_close(found, dict(fresh), rtol=0, atol=0)


@pytest.mark.parametrize("name", sorted(UNUSABLE))
def test_what_cannot_be_a_layer_is_no_type(name: str) -> None:
    assert f"nn.{name}" not in LAYERS


DATA_DEPENDENT = frozenset({"AdaptiveLogSoftmaxWithLoss", "CTCLoss", "GaussianNLLLoss"})
"""Losses of which torch itself looks at the values before it knows what to run."""
exportable = [case for case in CASES if case.name not in DATA_DEPENDENT]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.export's own
@pytest.mark.parametrize("case", exportable, ids=lambda case: case.name)
def test_it_can_be_exported(case: Case) -> None:
    net, bottoms = net_of(case), [bottom.detach() for bottom in fed(case)]
    exported = torch.export.export(net.graph_module, tuple(bottoms)).module()
    torch.manual_seed(7)
    found = exported(*bottoms)["x"]
    torch.testing.assert_close(found, run(net_of(case), bottoms), rtol=1e-5, atol=1e-6)
