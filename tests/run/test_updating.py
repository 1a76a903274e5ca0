from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.errors import DataError
from protonet.run.job import prepare
from protonet.run.updating import updates_of
from tests.small import points, small_spec


def batch(count: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    stored = points(count, 1)
    return torch.from_numpy(stored["data"].copy()), torch.from_numpy(stored["label"].copy())


def test_an_update_has_what_the_solver_section_says(tmp_path: Path) -> None:
    more = "iter_size: 3, clip_gradients: 2, clip_value: 0.5, precision: fp16"
    job = prepare(small_spec(tmp_path, more=more), None, pytest.fail)
    (update,) = updates_of(job, lambda: 0)
    assert (update.iter_size, update.limits.norm, update.limits.value) == (3, 2.0, 0.5)
    assert update.scale is job.scale is not None
    outputs = update.objective.forward(*batch())
    loss = update.objective.loss(outputs)
    assert loss.dtype == torch.float32
    job.net.graph_module.eval()
    assert job.net.total_loss(outputs) == loss


def test_bad_data_are_named_by_their_iteration(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path, more="iter_size: 2"), None, pytest.fail)
    (update,) = updates_of(job, lambda: 7)
    data, labels = batch()
    with pytest.raises(DataError) as caught:
        update.objective.forward(data, labels + 7)
    assert str(caught.value).startswith("data.train, iteration 3: layer loss: label ")
