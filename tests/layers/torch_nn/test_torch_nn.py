"""Types of torch.nn in a table of layer types."""

from __future__ import annotations

import pytest

from protonet.layers import LAYERS
from protonet.layers.torch_nn import Types, refusal


def test_a_module_of_torch_is_found_beside_the_tables_own() -> None:
    table = Types({"ReLU": LAYERS["ReLU"]})
    assert "nn.GELU" in table
    assert table.get("nn.GELU") is table["nn.GELU"]
    assert table["ReLU"] is LAYERS["ReLU"]


def test_a_walk_over_a_table_is_over_its_own() -> None:
    table = Types({"ReLU": LAYERS["ReLU"]})
    assert ([*table], len(table)) == (["ReLU"], 1)


@pytest.mark.parametrize("name", ["nn.Foo", "nn.Sequential", "GELU", "nn.", "nn.nn.GELU"])
def test_what_is_no_type_is_not_found(name: str) -> None:
    assert name not in LAYERS
    with pytest.raises(KeyError):
        LAYERS[name]


def test_a_type_of_the_tables_own_goes_before_torchs() -> None:
    assert Types({"nn.GELU": LAYERS["ReLU"]})["nn.GELU"] is LAYERS["ReLU"]


def test_a_misspelt_module_is_told_the_nearest() -> None:
    assert refusal("nn.Gelu") == ("torch has no module nn.Gelu", "did you mean nn.GELU?")
