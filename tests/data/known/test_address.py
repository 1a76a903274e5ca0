"""`dataset://NAME/SPLIT`, and what is said of addresses that are none."""

from __future__ import annotations

import pytest

from protonet.data.known.address import parse_address
from protonet.data.known.sets import FASHION_MNIST, KNOWN_SETS, MNIST
from protonet.errors import UsageError


def test_an_address_names_a_set_and_a_part_of_it() -> None:
    assert parse_address("dataset://mnist/train", KNOWN_SETS) == (MNIST, MNIST.splits[0])
    found = parse_address("dataset://fashion_mnist/test", KNOWN_SETS)
    assert found == (FASHION_MNIST, FASHION_MNIST.splits[1])


WRITTEN = "a known set is written dataset://NAME/SPLIT, such as dataset://mnist/train"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mnist/train", WRITTEN),
        ("dataset://", WRITTEN),
        ("dataset:///train", WRITTEN),
        ("dataset://mnist/train/0", WRITTEN),
        ("dataset://minst/train", 'there is no known set "minst"; did you mean mnist?'),
        (
            "dataset://imagenet/train",
            'there is no known set "imagenet"; known: digits, fashion_mnist, mnist',
        ),
        (
            "dataset://mnist",
            "it has 2 parts; give dataset://mnist/train or dataset://mnist/test",
        ),
        (
            "dataset://mnist/val",
            'mnist has no part "val"; give dataset://mnist/train or dataset://mnist/test',
        ),
    ],
)
def test_an_address_that_is_none_is_refused(address: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address(address, KNOWN_SETS)
    assert str(raised.value) == f"{address}: {message}"
