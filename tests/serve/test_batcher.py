from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

import numpy as np
import pytest

from protonet.data.layout import Array
from protonet.predict.preparation import Prepared
from protonet.serve.batcher import Batcher
from tests.serve.nets import sample

LONG = 60.0
"""Seconds that no test waits."""


class Runs:
    """A net that gives the red of each picture, notes its batches, and waits if it is told to."""

    def __init__(self) -> None:
        self.batches: list[tuple[tuple[str, ...], list[int]]] = []
        self.go, self.began = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, samples: Sequence[Prepared], blobs: tuple[str, ...]) -> Mapping[str, Array]:
        reds = [int(one.images[0, 0, 0, 0]) for one in samples]
        self.batches.append((blobs, reds))
        self.began.set()
        assert self.go.wait(LONG)
        if 99 in reds:
            raise ValueError("99")
        return {name: np.array(reds, np.float32) for name in blobs}


@contextmanager
def working(runs: Runs, batch_size: int = 3, max_wait: float = 0.0) -> Iterator[Batcher]:
    batcher = Batcher(runs, batch_size, max_wait)
    batcher.ready.result(LONG)
    try:
        yield batcher
    finally:
        runs.go.set()
        batcher.close()


@contextmanager
def held(runs: Runs, batcher: Batcher) -> Iterator[Future[object]]:
    """Keep the thread busy with a picture within the block, so that others gather."""
    runs.go.clear()
    first = batcher.submit(sample(0, 0, 0), ("a",))
    assert runs.began.wait(LONG)
    yield first  # type: ignore[misc]
    runs.go.set()


def test_what_gathers_goes_together_and_each_gets_its_own() -> None:
    runs = Runs()
    with working(runs) as batcher:
        with held(runs, batcher):
            answers = [batcher.submit(sample(n, 0, 0), ("a",)) for n in range(1, 6)]
            assert len(batcher) == 5
        given = [answer.result(LONG) for answer in answers]
    assert runs.batches == [(("a",), [0]), (("a",), [1, 2, 3]), (("a",), [4, 5])]
    assert [float(one.values["a"]) for one in given] == [1, 2, 3, 4, 5]
    assert [one.batch for one in given] == [3, 3, 3, 2, 2]


def test_a_full_batch_waits_for_nobody() -> None:
    runs = Runs()
    with working(runs, batch_size=2, max_wait=LONG) as batcher:
        answers = [batcher.submit(sample(n, 0, 0), ("a",)) for n in (1, 2)]
        assert [float(one.result(LONG / 2).values["a"]) for one in answers] == [1, 2]


def test_a_picture_waits_for_others_no_longer_than_it_may() -> None:
    with working(Runs(), max_wait=0.02) as batcher:
        given = batcher.submit(sample(1, 0, 0), ("a",)).result(LONG)
        assert given.batch == 1
        assert given.waited >= 0.02


def test_pictures_that_want_other_blobs_go_apart_in_their_order() -> None:
    runs = Runs()
    with working(runs) as batcher, held(runs, batcher):
        wanted = (("a",), ("b",), ("a",), ("b", "a"))
        for n, blobs in enumerate(wanted, 1):
            batcher.submit(sample(n, 0, 0), blobs)
    assert runs.batches[1:] == [(("a",), [1, 3]), (("b",), [2]), (("b", "a"), [4])]


def test_who_has_gone_takes_no_place() -> None:
    runs = Runs()
    with working(runs) as batcher, held(runs, batcher):
        answers = [batcher.submit(sample(n, 0, 0), ("a",)) for n in range(1, 5)]
        assert answers[1].cancel()
        assert len(batcher) == 3
    assert runs.batches[1:] == [(("a",), [1, 3, 4])]


def test_an_error_reaches_those_of_its_batch_and_nobody_else() -> None:
    runs = Runs()
    with working(runs) as batcher:
        with held(runs, batcher) as first:
            bad = [batcher.submit(sample(n, 0, 0), ("a",)) for n in (1, 99, 2)]
            good = batcher.submit(sample(3, 0, 0), ("a",))
        for one in bad:
            with pytest.raises(ValueError, match="99"):
                one.result(LONG)
        assert float(good.result(LONG).values["a"]) == 3
        assert first.done()
        assert batcher.works


def test_what_waits_at_the_end_is_answered_and_nothing_after_it() -> None:
    runs = Runs()
    batcher = Batcher(runs, 3, LONG)
    answer = batcher.submit(sample(5, 0, 0), ("a",))
    batcher.close()
    assert float(answer.result(0).values["a"]) == 5
    assert batcher.submit(sample(6, 0, 0), ("a",)).cancelled()
    assert not batcher.works


def test_it_is_ready_when_it_is_warm() -> None:
    go = threading.Event()
    sizes: list[int] = []
    batcher = Batcher(
        Runs(), 3, 0.0, lambda: go.wait(LONG), lambda size, seconds: sizes.append(size)
    )
    answer = batcher.submit(sample(5, 0, 0), ("a",))
    assert (batcher.works, answer.done()) == (False, False)
    go.set()
    assert answer.result(LONG).batch == 1
    assert batcher.works
    batcher.close()
    assert sizes == [1]


def test_what_fails_while_warming_up_is_told() -> None:
    def fail() -> None:
        raise ValueError("too large")

    batcher = Batcher(Runs(), 3, 0.0, fail)
    with pytest.raises(ValueError, match="too large"):
        batcher.ready.result(LONG)
    batcher.close()
    assert not batcher.works
