"""Whether a model's files fit each other; what is refused of a pulled one is in test_pull.py."""

from __future__ import annotations

from pathlib import Path

import torch

from protonet.zoo.check import check_files, difference, read_net, shapes_of, totals_of
from tests.zoo.made import pushed


def test_a_whole_model_is_taken(tmp_path: Path) -> None:
    folder = pushed(tmp_path) / "tiny"
    check_files(folder)
    spec = read_net(folder / "net.yaml")
    assert shapes_of(spec) == {"ip/weight": (3, 4), "ip/bias": (3,)}
    totals = totals_of(spec)
    assert (totals.parameters, totals.multiply_adds) == (15, 12)


def test_differences_are_told_by_kind_the_first_by_name() -> None:
    wanted = {name: torch.Size([1]) for name in "abcdefgh"}
    given = {"h": torch.Size([2]), "x": torch.Size([1])}
    assert difference(wanted, wanted) == ""
    assert difference(given, wanted) == (
        "it has no a, b, c, d, e and 2 more; the net has no x; of another shape are h"
    )
