"""A misspelt `type` is found among the keys of a layer."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.spec.layer import COMMON
from protonet.spec.misspelt_type import misspelt_type

TYPES = ({"ReLU", "Convolution"}, ("dense",))


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ({"name": "a", "typ": "ReLU"}, "typ"),
        ({"name": "a", "Type": "ReLU"}, "Type"),
        ({"name": "a", "tpye": "Rellu"}, "tpye"),  # the type may be misspelt as well
        ({"name": "a", "kind": "Convolution", "pad": 1}, "kind"),
        ({"name": "a", "layer": "dense"}, "layer"),
        ({"name": "a", "kind": "ReLU", "typ": "dense"}, "typ"),  # the nearer one
        ({"name": "a", "kind": "conv"}, None),
        ({"name": "a", "typ": 3}, None),
        ({"name": "ReLU", "pool": "MAX"}, None),
        ({"name": "a", "type": "ReLU", "typ": "ReLU"}, None),
        ({"name": "a", "type": None, "typ": "ReLU"}, None),  # there is one, and it is wrong
        ({}, None),
    ],
)
def test_the_key_that_was_meant_to_be_type_is_found(
    layer: dict[str, Any], found: str | None
) -> None:
    assert misspelt_type(layer, COMMON, TYPES) == found
