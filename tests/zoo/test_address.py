"""`zoo://NAME`, and what is no name of a model."""

from __future__ import annotations

import pytest

from protonet.errors import UsageError
from protonet.zoo.address import is_address, name_of


def test_an_address_and_a_name_mean_a_model() -> None:
    assert name_of("zoo://resnet18") == "resnet18"
    assert name_of("wide_resnet50_2") == "wide_resnet50_2"
    assert [is_address(text) for text in ("zoo://x", "zoo/x", "x")] == [True, False, False]


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101, "\x1b[31m", "zoo://", "zoo://a/../b"]
)
def test_what_could_lead_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(UsageError) as raised:
        name_of(name)
    assert str(raised.value) == (
        f"{name!a}: a model is named by up to 100 letters, digits, and . _ + -, such as "
        "zoo://resnet18"
    )
