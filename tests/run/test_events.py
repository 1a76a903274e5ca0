"""Read back with TensorBoard's own reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from protonet.hooks.display import Row
from protonet.run.events import NAME, EventsFile
from protonet.run.growing import GrowingFile


@contextmanager
def opened(folder: Path, length: int | None = None) -> Iterator[EventsFile]:
    with closing(GrowingFile(folder / NAME, length)) as file:
        yield EventsFile(file)


def row(iteration: int, **values: object) -> Row:
    return {"iteration": iteration, "phase": "train", "set": "train", "samples": 64, **values}


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return what TensorBoard shows: (step, value) of each tag."""
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return {
        tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def test_tensorboard_reads_every_number_of_a_row_under_its_set(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.record(row(0, loss=2.5, lr=0.5, per_class=[1.0]))
        events.record(row(100, loss=1.25, lr=0.25))
        events.record({"iteration": 100, "phase": "test", "set": "test", "accuracy": 0.75})
    assert scalars(tmp_path) == {
        "train/loss": [(0, 2.5), (100, 1.25)],
        "train/lr": [(0, 0.5), (100, 0.25)],
        "test/accuracy": [(100, 0.75)],
    }


def test_a_file_that_is_cut_back_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.record(row(0, loss=4.0))
    length = (tmp_path / NAME).stat().st_size
    with opened(tmp_path) as events:
        events.record(row(100, loss=3.0))

    with opened(tmp_path, length) as events:
        events.record(row(100, loss=2.0))

    assert scalars(tmp_path) == {"train/loss": [(0, 4.0), (100, 2.0)]}


def test_a_text_is_shown_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.text("spec", "net:\n  layers: []")
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    assert accumulator.Tags()["tensors"] == ["spec"]
    (event,) = accumulator.Tensors("spec")
    assert event.tensor_proto.string_val == [b"    net:\n      layers: []"]


def test_the_file_is_one_that_tensorboard_looks_for() -> None:
    assert "tfevents" in NAME


@pytest.mark.parametrize("rows", [0, 1])
def test_the_format_is_named_once(rows: int, tmp_path: Path) -> None:
    for _ in range(2):
        with opened(tmp_path) as events:
            for _ in range(rows):
                events.record(row(0, loss=1.0))
    assert (tmp_path / NAME).read_bytes().count(b"brain.Event:2") == 1
