"""Ranks are threads of this process."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.distributed.group import Group
from protonet.hooks.guard import Failure
from protonet.hooks.hook import Step
from protonet.hooks.signals import Received, StopAsked
from protonet.hooks.stopwatch import Stopwatch
from protonet.run.job import prepare
from protonet.run.together import (
    Agreement,
    begin_alike,
    explain_together,
    heed_together,
    share_time,
)
from protonet.schema import load_spec
from tests.distributed.siblings import together
from tests.small import points, small_file, write_points

STEP = Step(0, torch.zeros(()), {}, 0.1)


def test_a_signal_of_any_rank_is_acted_on_by_all_after_the_same_step() -> None:
    def work(group: Group) -> list[tuple[bool, bool]]:
        received = Received({signal.SIGTERM: "stop", signal.SIGHUP: "snapshot"}, "", alone=False)
        hook = Agreement(group, received, Stopwatch())
        seen = []
        for step in range(4):
            if (group.rank, step) == (1, 1):
                received._note(signal.SIGHUP, None)
            if (group.rank, step) == (2, 2):
                received._note(signal.SIGTERM, None)
            before = (received.wants_snapshot, received.stops)
            hook.after_step(STEP)
            seen.append((received.wants_snapshot, received.stops))
            assert before == (False, seen[-2][1] if step else False)  # noted is not acted on
            received.wants_snapshot = False
        return seen

    expected = [(False, False), (True, False), (False, True), (False, True)]
    assert together(3, work) == [expected] * 3


def test_all_have_the_time_of_the_first() -> None:
    def work(group: Group) -> tuple[float, float, float, float]:
        stopwatch = Stopwatch()
        stopwatch.restart()
        share_time(group, stopwatch)
        first = (stopwatch.agreed(), stopwatch.agreed_elapsed())
        received = Received({}, "", alone=False)
        Agreement(group, received, stopwatch).after_step(STEP)
        return (*first, stopwatch.agreed(), stopwatch.agreed_elapsed())

    first, second = together(2, work)
    assert first == second
    assert first[2] >= first[0]
    assert first[3] >= first[1]


def test_all_begin_with_the_weights_of_the_first(tmp_path: Path) -> None:
    path = small_file(tmp_path, more="ema: 0.9")

    def work(group: Group) -> list[list[float]]:
        seed = 3 + group.rank  # as another machine might draw
        spec = load_spec(path, [f"solver.random_seed={seed}"])
        job = prepare(spec, None, lambda text: None)
        begin_alike(replace(job, group=group))
        assert job.average is not None
        tensors = [*job.net.named_tensors().values(), *job.average.tensors.values()]
        return [tensor.reshape(-1).tolist() for tensor in tensors]

    first, second = together(2, work)
    assert first == second


def failures(folder: Path, record: int) -> list[Failure]:
    """Return what each of two ranks says of iteration 6 where one record is not a number."""
    path = small_file(folder)
    strange = {name: array.copy() for name, array in points(60, 1).items()}
    np.asarray(strange["data"])[record] = np.nan
    write_points(folder / "strange.lmdb", train=strange, test=points(20, 2))
    path.write_text(path.read_text().replace("points.lmdb", "strange.lmdb"))
    spec = load_spec(path, ["data.train.shuffle=false"])
    run = folder / "run"
    run.mkdir()

    def work(group: Group) -> Failure:
        job = prepare(spec, None, lambda text: None, group=group)
        return explain_together(job, run if group.is_first else folder, 6, 0.1)

    return together(2, work)


@pytest.mark.parametrize(("record", "rank"), [(49, 0), (54, 1)])  # of 48 … 51 and 52 … 55
def test_the_rank_that_has_the_cause_tells_it(record: int, rank: int, tmp_path: Path) -> None:
    first, second = failures(tmp_path, record)
    assert first.what == second.what
    assert first.what == (
        f"in rank {rank} of 2: the input data is not finite (record {record} of data.train, of 4 "
        "in the batch)"
    )
    folder = tmp_path / "run" / "rank_1" if rank else tmp_path / "run"
    assert first.replay == second.replay == folder / "replay_iter_6"
    assert sorted(path.parent for path in (tmp_path / "run").rglob("replay.json")) == [first.replay]


def test_what_is_long_ends_in_all_processes_when_one_is_asked_to() -> None:
    def work(group: Group) -> tuple[int, bool]:
        effects = {signal.SIGTERM: "stop", signal.SIGHUP: "snapshot"}
        received = Received(effects, "again", alone=False)  # type: ignore[arg-type]  # effects
        for rounds in range(4):
            if rounds == 1 and not group.is_first:
                received._note(signal.SIGHUP, None)
            if rounds == 2 and group.is_first:
                received._note(signal.SIGTERM, None)
            try:
                heed_together(group, received)
            except StopAsked:
                return rounds, received.wants_snapshot
        return 4, received.wants_snapshot

    assert together(2, work) == [(2, True), (2, True)]
