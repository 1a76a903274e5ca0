from __future__ import annotations

from pathlib import Path

from protonet.run.table import net_table
from tests.small import small_net


def test_the_table_shows_every_layer_its_shape_and_its_parameters(tmp_path: Path) -> None:
    assert net_table(small_net(tmp_path)) == [
        "layer   type             top     parameters",
        "hidden  InnerProduct     (N, 5)          35",  # 5 * 6 + 5
        "relu    ReLU             (N, 5)",
        "drop    Dropout          (N, 5)",
        "scores  InnerProduct     (N, 3)          18",  # 3 * 5 + 3
        "loss    SoftmaxWithLoss  ()",
        "53 parameters, 53 learnable",
    ]
