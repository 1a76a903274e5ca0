from __future__ import annotations

from protonet.caffe.data_layers import PARAM
from protonet.caffe.fields import MESSAGES, PARAMS_OF_TYPE
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.old_fields import V0_LAYER, V0_MOVES, V0_TYPES, V1_LAYER, V1_TYPES


def test_each_number_of_2014_stands_for_one_type() -> None:
    numbers = [number for number, _ in V1_TYPES.values()]

    assert sorted(numbers) == list(range(40))


def test_old_types_are_types_still() -> None:
    known = {*PARAMS_OF_TYPE, *PARAM, ""}

    assert {name for _, name in V1_TYPES.values()} <= known
    assert set(V0_TYPES.values()) <= {name for _, name in V1_TYPES.values()}


def test_keys_of_2013_go_to_fields_that_there_are() -> None:
    for key, (name, homes) in V0_MOVES.items():
        assert key in V0_LAYER
        for kind, home in homes.items():
            assert name in LAYER_PARAMS[home], f"{key} of {kind}"
            assert home in PARAMS_OF_TYPE[kind]


def test_messages_of_2014_are_those_of_today() -> None:
    held = {field.message for field in V1_LAYER.values() if field.message}

    assert held <= set(MESSAGES)
