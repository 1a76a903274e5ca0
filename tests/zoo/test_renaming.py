"""Weights under other names: what fits is renamed, what does not is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.errors import DataError
from protonet.schema import load_spec
from protonet.zoo.check import shapes_of
from protonet.zoo.renaming import layer_of, numbered, renamed
from protonet.zoo.torchvision_names import FAMILIES
from tests.zoo.recorded import state_dict

NETS = Path(__file__).parents[2] / "configs" / "nets"
RULES = ((r"^head$", ""), (r"^features\.", "part"), (r"\.norm$", ""))


def test_rules_are_followed_one_after_the_other() -> None:
    assert layer_of("features.3.norm", RULES) == "part3"
    assert layer_of("head", RULES) == ""


def test_numbered_parts_are_told_apart_by_the_whole_number() -> None:
    rules = numbered("f", {1: "one", 11: "eleven"})
    names = ("f.1", "f.11", "f.1.conv", "f.12")
    assert [layer_of(name, rules) for name in names] == ["one", "eleven", "one.conv", "f.12"]


def test_a_normalization_is_two_layers_and_what_the_net_has_not_is_left_out() -> None:
    given = {
        "features.0.weight": torch.ones(2, 1, 1, 1, dtype=torch.float16),
        "features.0.norm.weight": torch.tensor([2.0, 3.0]),
        "features.0.norm.bias": torch.tensor([4.0, 5.0]),
        "features.0.norm.running_mean": torch.tensor([6.0, 7.0]),
        "features.0.norm.running_var": torch.tensor([8.0, 9.0]),
        "features.0.norm.num_batches_tracked": torch.tensor(10),
        "head.weight": torch.zeros(3, 2),
    }
    wanted = {
        "part0/weight": torch.Size([2, 1, 1, 1]),
        "part0/bn/mean": torch.Size([2]),
        "part0/bn/variance": torch.Size([2]),
        "part0/bn/scale_factor": torch.Size([1]),
        "part0/scale/weight": torch.Size([2]),
        "part0/scale/bias": torch.Size([2]),
    }
    found = renamed(given, RULES, wanted, "x.pth")
    assert {name: one.flatten().tolist() for name, one in found.items()} == {
        "part0/weight": [1, 1],
        "part0/bn/mean": [6, 7],
        "part0/bn/variance": [8, 9],
        "part0/bn/scale_factor": [1],
        "part0/scale/weight": [2, 3],
        "part0/scale/bias": [4, 5],
    }
    assert {one.dtype for one in found.values()} == {torch.float32}


def test_other_weights_are_refused_with_what_differs() -> None:
    spec = load_spec(NETS / "squeezenet1_1_torchvision.yaml")
    weights = {key: tensor.to("meta") for key, tensor in state_dict("squeezenet1_0").items()}
    with pytest.raises(DataError) as raised:
        renamed(weights, FAMILIES["squeezenet1_1"], shapes_of(spec), "x.pth")
    # 1.0 has fires at 5 and 8 of its sequence, and 1.1 at 6 and 11; fire 7 is wider in 1.0
    assert str(raised.value) == (
        "x.pth: these are other weights than the net's: it has no fire4/squeeze/weight, "
        "fire4/squeeze/bias, fire4/expand1x1/weight, fire4/expand1x1/bias, "
        "fire4/expand3x3/weight and 7 more; the net has no features/5/squeeze/weight, "
        "features/5/squeeze/bias, features/5/expand1x1/weight, features/5/expand1x1/bias, "
        "features/5/expand3x3/weight and 7 more; of another shape are conv1/weight, conv1/bias, "
        "fire2/squeeze/weight, fire6/squeeze/weight, fire7/squeeze/weight and 5 more"
    )
