"""The model of a class's keys."""

from __future__ import annotations

import pytest
import yaml

from protonet.layers.torch_nn.classes import USABLE
from protonet.layers.torch_nn.params import frozen, params_of, sentence
from protonet.records import fields_of


@pytest.mark.parametrize("name", sorted(USABLE))
def test_every_key_is_described_and_none_hides_a_key_of_all_layers(name: str) -> None:
    model = params_of(name)
    common = {"name", "type", "bottom", "top", "phase", "include", "exclude", "loss_weight"}
    common |= {"param", "frozen", "propagate_down", "share"}
    assert not fields_of(model).keys() & common
    assert all(field.description for field in fields_of(model).values())
    assert model.model_json_schema()["properties"] or not fields_of(model)
    assert sentence(name)


def test_keys_survive_a_way_through_yaml() -> None:
    params = params_of("Conv2d").model_validate({"out_channels": 3, "kernel_size": [3, 2]})
    text = yaml.safe_dump(params.model_dump(mode="json"))
    assert type(params).model_validate(yaml.safe_load(text)) == params


def test_frozen_params_hold_the_statistics_and_the_given_ones_do_not() -> None:
    params = params_of("BatchNorm2d").model_validate({"momentum": 0.5})
    held = frozen(params)
    assert (params.held, held.held) == (False, True)
    assert held.arguments() == params.arguments()
    assert held.arguments()["momentum"] == 0.5
