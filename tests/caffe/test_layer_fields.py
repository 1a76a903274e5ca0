"""Held against protonet's own layer types: what Caffe's message holds, our keys can say."""

from __future__ import annotations

import pytest

from protonet.caffe.fields import PARAMS_OF_TYPE, RENAMED, UNREAD
from protonet.caffe.layer_fields import BLOB_SHAPE, FILLER, LAYER_PARAMS
from protonet.caffe.layers import NEEDLESS
from protonet.caffe.prices import READ
from protonet.layers import LAYERS
from protonet.records import fields_of
from protonet.spec.layer import COMMON

OURS = sorted(LAYERS.keys() & PARAMS_OF_TYPE.keys() - {"Input"})


def fields_of_type(name: str) -> set[str]:
    """Return the fields of Caffe's messages of a type, as they are called here."""
    pairs = {(param, field) for param in PARAMS_OF_TYPE[name] for field in LAYER_PARAMS[param]}
    return {RENAMED.get(pair, pair[1]) for pair in pairs}


@pytest.mark.parametrize("name", OURS)
def test_every_field_that_changes_a_result_is_a_key_of_ours(name: str) -> None:
    fields = fields_of_type(name) - UNREAD.get(name, frozenset()) - READ.get(name, frozenset())

    assert fields - set(NEEDLESS) <= fields_of(LAYERS[name].params).keys()


@pytest.mark.parametrize("name", OURS)
def test_no_field_is_called_like_a_common_key(name: str) -> None:
    assert not fields_of_type(name) & COMMON


def test_fillers_and_shapes_have_caffes_fields() -> None:
    assert list(FILLER) == ["type", "value", "min", "max", "mean", "std", "sparse", "variance_norm"]
    assert list(BLOB_SHAPE) == ["dim"]
    assert BLOB_SHAPE["dim"].repeated


def test_reductions_and_norms_are_counted_from_one() -> None:
    assert LAYER_PARAMS["reduction_param"]["operation"].choices == {
        "SUM": 1,
        "ASUM": 2,
        "SUMSQ": 3,
        "MEAN": 4,
    }
    assert LAYER_PARAMS["hinge_loss_param"]["norm"].choices == {"L1": 1, "L2": 2}
    assert LAYER_PARAMS["pooling_param"]["pool"].choices == {"MAX": 0, "AVE": 1, "STOCHASTIC": 2}
