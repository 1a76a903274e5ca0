from __future__ import annotations

import torch

from protonet.layers.counted import Counted


def test_the_value_is_made_of_the_counts_of_one_batch_or_of_several() -> None:
    def share(sums: torch.Tensor) -> torch.Tensor:
        return sums[0] / sums[1]

    metric = Counted(lambda x, y: torch.stack([(x == y).sum(), torch.tensor(len(x))]), share)
    first = torch.tensor([1, 2, 3]), torch.tensor([1, 2, 0])
    second = torch.tensor([5]), torch.tensor([0])
    assert metric.measure(*first).tolist() == [2, 3]
    assert torch.isclose(metric(*first), torch.tensor(2 / 3))
    # of all four, two are alike
    assert metric.conclude(metric.measure(*first) + metric.measure(*second)).item() == 0.5
