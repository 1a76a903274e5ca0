from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import torch

from protonet.hooks.display import Display
from protonet.hooks.pace import Pace
from protonet.hooks.patience import Progress
from protonet.hooks.stopwatch import Stopwatch
from protonet.run.evaluator import Evaluator
from protonet.run.folder import RunFolder
from protonet.run.job import prepare
from protonet.run.records import Records
from protonet.run.standing import Standing
from tests.small import small_spec


def test_what_each_part_of_a_run_knows_is_recorded(tmp_path: Path) -> None:
    policy = "lr_policy: {type: lr_scheduler.ReduceLROnPlateau}"
    job = prepare(small_spec(tmp_path, more=f"iter_size: 3, {policy}"), None, pytest.fail)
    plateau = job.rules[0].plateau
    assert plateau is not None
    for value in (0.25, 0.5):
        plateau.measure(value)
    sets = {"test": (job.sets["test"], job.tests["test"])}
    with closing(Records(RunFolder(tmp_path), None, board=False)) as records:
        evaluator = Evaluator(sets, None, lambda line: None, records.record, job.deciding)
        evaluator.test(4)
        losses = (torch.tensor(2.0), torch.tensor(0.5))
        pace = Pace(24, 10, lambda: 0.0, Stopwatch())
        display = Display(1, 7, pace, lambda line: None, records.record, losses)
        standing = Standing(
            job, {"name": "small"}, evaluator, display, records, Progress(best=0.75, waited=2)
        )
        tested = standing.state(4, 1.5, owes_test=False)
        later = standing.state(5, 2.5, owes_test=True)

    assert (tested.iteration, tested.position, tested.seed) == (4, 12, 3)  # 4 updates of 3 batches
    assert (tested.seconds, tested.best, tested.waited) == (1.5, 0.75, 2)
    assert (tested.losses, tested.measured) == ((2.0, 0.5), ((0.25, 0.5),))
    assert tested.metrics == evaluator.values()
    assert (tested.score, tested.result) == (evaluator.score(), evaluator.lines()[0])
    assert tested.lengths == {"metrics.jsonl": (tmp_path / "metrics.jsonl").stat().st_size}
    assert tested.data.keys() == {"train", "test"}
    assert (later.owes_test, later.metrics, later.score, later.result) == (True, {}, None, "")
