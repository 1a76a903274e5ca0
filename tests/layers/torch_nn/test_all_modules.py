"""Every module of torch.nn, from YAML: built, run, differentiated, and the same as torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.torch_nn import UNUSABLE
from protonet.randomness import key
from tests.layers.torch_nn.building import (
    each,
    fed,
    given_by_torch,
    net_of,
    run,
    torchs_own,
)
from tests.layers.torch_nn.cases import CASES, Case


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
