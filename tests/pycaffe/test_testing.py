from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.pycaffe.testing import means_of
from tests.pycaffe.prototxts import TRAINED, net_of, rows


def test_the_mean_of_the_batches(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, labels = rows(tmp_path)
    net = net_of(tmp_path, TRAINED, caffe.TEST)
    net.params["ip"][0].data[...] = 0
    net.params["ip"][1].data[...] = [1, 0, 0]

    with caplog.at_level(logging.INFO, logger="protonet.pycaffe"):
        means = means_of(net, 3, 1, 40)

    # every row is taken for class 0, at e / (e + 2); a third of the 12 are
    log_sum = np.log(np.e + 2)
    loss = log_sum - 1 / 3
    assert {name: pytest.approx(float(one), rel=1e-6) for name, one in means.items()} == {
        "accuracy": 1 / 3,
        "loss": loss,
    }
    assert len(data) == len(labels) == 12
    assert [record.getMessage() for record in caplog.records] == [
        "Iteration 40, Testing net (#1)",
        "    Test net output #0: accuracy = 0.333333",
        "    Test net output #1: loss = 1.21811 (* 1 = 1.21811 loss)",
    ]
    assert log_sum - 1 / 3 == pytest.approx(1.21811, rel=1e-5)
