from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Batch, Reader
from protonet.errors import DataError
from protonet.layers.labels import NO_LABEL
from protonet.net.label_range import LabelRange
from protonet.run.feed import Feed, Target
from tests.small import points, small_net


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    small_net(tmp_path)
    dataset = open_dataset(tmp_path / "points.lmdb/test")
    fields = {"label": "label", "data": "data"}
    with Reader(dataset, 7, Order(20, False), fields=fields, endless=False) as opened:
        yield opened


def test_batches_come_in_the_order_and_types_of_the_nets_inputs(reader: Reader) -> None:
    target = Target({"data": torch.float64, "label": torch.int64}, torch.device("cpu"), False)
    batches = list(Feed(reader, target, {}))
    stored = points(20, 2)
    assert [len(labels) for _, labels in batches] == [7, 7, 6]
    assert batches[0][0].dtype == torch.float64
    np.testing.assert_array_equal(torch.cat([data for data, _ in batches]), stored["data"])
    np.testing.assert_array_equal(torch.cat([labels for _, labels in batches]), stored["label"])


def test_a_transform_sees_its_input_alone(reader: Reader) -> None:
    target = Target({"data": torch.float32, "label": torch.int64}, torch.device("cpu"), False)
    seen: list[list[int]] = []

    def doubled(images: torch.Tensor, batch: Batch) -> torch.Tensor:
        seen.append(batch.positions.tolist())
        return images * 2

    data, labels = next(Feed(reader, target, {"data": doubled}))

    np.testing.assert_array_equal(data, points(20, 2)["data"][:7] * 2)
    assert labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert seen == [[0, 1, 2, 3, 4, 5, 6]]


def test_a_target_is_what_a_net_says(tmp_path: Path) -> None:
    target = Target.of(small_net(tmp_path))
    assert target == Target(
        {"data": torch.float32, "label": torch.int64},
        torch.device("cpu"),
        channels_last=False,
        labels={
            "label": (LabelRange("loss", 3, NO_LABEL),),
        },
    )


def test_a_label_outside_the_classes_is_refused_before_it_leaves(reader: Reader) -> None:
    dtypes, labels = {"data": torch.float32, "label": torch.int64}, (LabelRange("loss", 2, -1),)
    feed = Feed(reader, Target(dtypes, torch.device("cpu"), False, {"label": labels}), {})
    with pytest.raises(DataError) as caught:
        next(feed)
    assert str(caught.value) == (
        "layer loss: label 2 is outside the 2 classes (0 to 1), first at sample 2 of the batch"
    )
