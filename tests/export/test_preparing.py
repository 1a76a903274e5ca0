from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from protonet.errors import UsageError
from protonet.export.preparing import with_preparation
from protonet.snapshot import Evaluation, Stored

CROP = {"type": "CenterCrop", "size": [2, 2]}
MEAN = {"type": "Mean", "value": [1.0, 2.0, 3.0]}


def known(*transform: dict[str, Any], stored: Stored | None = None, **keys: Any) -> Evaluation:
    given: dict[str, Any] = {"channels": "BGR", **keys}
    return Evaluation(
        input="data",
        shape=(3, 2, 2),
        transform=transform,
        stored=stored or Stored(shape=(3, 4, 4), channels="RGB"),
        **given,
    )


def test_pictures_are_prepared_inside() -> None:
    module, shape = with_preparation(nn.Identity(), known(CROP, MEAN))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4), np.uint8)
    expected = pixels[:, ::-1, 1:3, 1:3].astype(np.float32) - np.reshape([1, 2, 3], (3, 1, 1))
    assert shape == (3, 4, 4)
    assert np.array_equal(module(torch.from_numpy(pixels)).numpy(), expected)


def test_channels_stay_where_the_net_was_fed_the_files() -> None:
    module, _ = with_preparation(nn.Identity(), known(channels="RGB"))
    pixels = torch.arange(48, dtype=torch.uint8).reshape(1, 3, 4, 4)
    assert torch.equal(module(pixels), pixels.float())


@pytest.mark.parametrize(
    ("evaluation", "why"),
    [
        (
            Evaluation(input="data", shape=(3, 2, 2), transform=(CROP,)),
            "--preprocess: the net's transform takes pictures of any size, and an exported net "
            "takes one",
        ),
        (
            known({"type": "Mirror"}),
            "--preprocess: Mirror chooses by chance, and an exported net does not",
        ),
        (
            known({"type": "CenterCrop", "size": [9, 9]}),
            "--preprocess: transform 1 (CenterCrop): a window of 9 x 9 does not fit into images of "
            "4 x 4: 4 - 9 = -5 rows left, 4 - 9 = -5 columns left",
        ),
    ],
)
def test_what_cannot_be_inside_is_refused(evaluation: Evaluation, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_preparation(nn.Identity(), evaluation)
    assert str(caught.value) == why
