from __future__ import annotations

import pytest

from protonet.caffe.labels import index_inputs
from protonet.layers import LAYERS
from tests.caffe.reading import layers

FLATTEN = "layer { type: 'Flatten' bottom: 'label' top: '%s' }"
LOSS = "layer { type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }"
ACCURACY = "layer { type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }"
EUCLIDEAN = "layer { type: 'EuclideanLoss' bottom: 'ip' bottom: 'label' top: 'loss' }"
UNKNOWN = "layer { type: 'Whiten' bottom: 'label' top: 'n' }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOSS, {"label"}),
        (ACCURACY, {"label"}),
        (LOSS + EUCLIDEAN, {"label"}),  # as a number to come close to, and as a class
        (EUCLIDEAN, set()),
        (LOSS + UNKNOWN, {"label"}),
        (LOSS + FLATTEN % "flat", set()),
        (FLATTEN % "label" + LOSS, set()),  # in place: the loss reads another blob of this name
        (LOSS.replace("'ip'", "'data'"), {"label"}),
    ],
)
def test_inputs_read_as_classes_only_are_indices(text: str, expected: set[str]) -> None:
    assert index_inputs(layers(text), ["data", "label"], LAYERS) == expected


def test_blobs_that_are_no_inputs_do_not_count() -> None:
    assert index_inputs(layers(LOSS), ["data"], LAYERS) == set()
