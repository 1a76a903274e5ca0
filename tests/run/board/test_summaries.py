"""Compared with numpy's own histogram, and read back with TensorBoard's own reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tensorboard.util.tensor_util import make_ndarray

from protonet.run.board import summaries
from protonet.run.board.png import Picture
from tests.run.test_events import opened, read

Numbers = npt.NDArray[np.floating]
NORMAL = np.random.default_rng(3).normal(size=5000).astype(np.float32)


@pytest.mark.parametrize(
    "values",
    [
        NORMAL,
        NORMAL.reshape(50, 10, 10),
        NORMAL * np.float32(1e-38),
        NORMAL.astype(np.float64) * 1e300,
        np.arange(31, dtype=np.float32),
    ],
    ids=["normal", "of any shape", "tiny", "huge", "on every edge"],
)
def test_a_histogram_counts_as_numpy_does(values: Numbers) -> None:
    wide = values.astype(np.float64)
    counts, edges = np.histogram(wide, 30)

    found = summaries.buckets(values)

    assert found.shape == (30, 3)
    np.testing.assert_allclose(found[:, 0], edges[:-1], rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], edges[1:], rtol=1e-12)
    assert found[:, 2].sum() == values.size
    assert np.abs(np.cumsum(found[:, 2]) - np.cumsum(counts)).max() <= 1  # at a rounded edge


def test_equal_numbers_lie_in_the_last_bucket() -> None:
    found = summaries.buckets(np.full(7, 2.5, np.float32))
    assert found[:, :2].tolist() == [[2.5, 2.5]] * 30
    assert found[:, 2].tolist() == [0.0] * 29 + [7.0]


def test_what_is_not_finite_is_left_out() -> None:
    values = np.array([np.nan, 0.0, 3.0, np.inf, -np.inf], np.float32)
    found = summaries.buckets(values)
    assert found[0].tolist() == [0, 0.1, 1]
    assert found[-1].tolist() == pytest.approx([2.9, 3, 1])
    assert found[:, 2].sum() == 2
    assert summaries.buckets(values[:1]).shape == (0, 3)


def test_tensorboard_reads_a_histogram_back(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.post(7, lambda: [summaries.histogram("weights/a", np.arange(60.0))])
    accumulator = read(tmp_path)
    (event,) = accumulator.Tensors("weights/a")
    found = make_ndarray(event.tensor_proto)
    assert event.step == 7
    assert found[:, 2].tolist() == [2.0] * 30
    assert (found[0, 0], found[-1, 1]) == (0.0, 59.0)
    metadata = accumulator.SummaryMetadata("weights/a")
    assert metadata.plugin_data.plugin_name == "histograms"


def test_tensorboard_reads_a_picture_back(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.post(3, lambda: [summaries.picture("a", Picture(4, 2, b"PNG"), "what it is")])
    accumulator = read(tmp_path)
    (event,) = accumulator.Tensors("a")
    assert event.tensor_proto.string_val == [b"4", b"2", b"PNG"]
    metadata = accumulator.SummaryMetadata("a")
    assert (metadata.plugin_data.plugin_name, metadata.summary_description) == (
        "images",
        "what it is",
    )
