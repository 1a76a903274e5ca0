from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.data import open_dataset
from protonet.data.chosen import Chosen
from tests.small import points, write_points


def test_records_are_those_that_were_chosen(tmp_path: Path) -> None:
    records = points(12, 1)
    write_points(tmp_path / "points.lmdb", train=records)
    dataset = open_dataset(str(tmp_path / "points.lmdb/train"))
    chosen = Chosen(dataset, np.array([7, 2, 2, 11]))
    data, label = np.empty((3, 6), np.float32), np.empty(3, np.int64)

    chosen.gather(np.array([3, 0, 1]), {"data": data, "label": label})

    assert np.array_equal(data, records["data"][[11, 7, 2]])
    assert np.array_equal(label, records["label"][[11, 7, 2]])
    assert chosen.header.count == 4
    assert chosen.header.classes == dataset.header.classes
    assert chosen.path == dataset.path
    dataset.close()
