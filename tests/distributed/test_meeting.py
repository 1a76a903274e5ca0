from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import torch

from protonet.distributed import meeting
from protonet.distributed.group import Group
from tests.distributed.siblings import together


def summed(group: Group) -> list[float] | None:
    """Meet, and return the sum of two numbers of each rank; None where they do not meet."""
    local = meeting.meet(group, 20.0)
    if local is None:
        return None
    values = torch.tensor([1.0, 10.0]) * (group.rank + 1)
    local.add_(values)
    local.close()
    return values.tolist()


@pytest.mark.parametrize("count", [2, 4])
def test_those_that_meet_can_add(count: int) -> None:
    total = count * (count + 1) / 2
    assert together(count, summed) == [[total, 10 * total]] * count


def test_nothing_is_left_where_they_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    together(2, summed)
    assert (list(tmp_path.iterdir()), len(os.listdir("/proc/self/fd"))) == ([], before)


def test_without_memory_to_share_they_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    before = len(os.listdir("/proc/self/fd"))
    assert together(3, summed) == [None] * 3
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_a_place_to_meet_they_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)  # a socket's path has 107 bytes at most
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert together(2, summed) == [None] * 2


def test_if_one_cannot_come_the_others_do_not_meet_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive = meeting._arrive

    def some(group: Group, *rest: object) -> object:
        if group.rank == 2:
            raise OSError("another file system")
        return arrive(group, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(meeting, "_PATIENCE", 0.5)
    monkeypatch.setattr(meeting, "_arrive", some)
    assert together(3, summed) == [None] * 3
