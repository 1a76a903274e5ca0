from __future__ import annotations

import copy

import pytest

from protonet.errors import UsageError
from protonet.pycaffe.named import Named, NoSuchLayerError, place_of


def test_a_missing_name_is_answered_with_the_nearest() -> None:
    named = Named("blob", [("conv1", 1), ("conv2", 2)])

    assert list(named.items()) == [("conv1", 1), ("conv2", 2)]
    with pytest.raises(KeyError) as caught:
        _ = named["conv3"]
    assert caught.value.args == ("the net has no blob conv3; did you mean conv2?",)


def test_cannot_be_pickled() -> None:
    with pytest.raises(TypeError) as caught:
        copy.deepcopy(Named("blob", [("a", 1)]))

    assert str(caught.value) == "a net's blobs cannot be pickled or copied; copy the arrays"


def test_a_layers_place() -> None:
    assert place_of("b", ["a", "b"]) == 1
    with pytest.raises(NoSuchLayerError) as caught:
        place_of("cov1", ["conv1"])
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == "the net has no layer cov1; did you mean conv1?"
