"""Read back with TensorBoard's own reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from protonet.errors import StorageError
from protonet.hooks.display import Row
from protonet.run.events import NAME, EventsFile
from protonet.run.growing import GrowingFile


@contextmanager
def opened(folder: Path, length: int | None = None) -> Iterator[EventsFile]:
    with closing(EventsFile(GrowingFile(folder / NAME, length))) as events:
        yield events


def row(iteration: int, **values: object) -> Row:
    return {"iteration": iteration, "phase": "train", "set": "train", "samples": 64, **values}


def read(folder: Path) -> EventAccumulator:
    """Return all that TensorBoard reads."""
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return what TensorBoard shows: (step, value) of each tag."""
    accumulator = read(folder)
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


def test_numbers_are_points_of_curves(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.numbers(5, {"memory/a": 1.5, "memory/b": 2.5})
    assert scalars(tmp_path) == {"memory/a": [(5, 1.5)], "memory/b": [(5, 2.5)]}


def test_a_file_that_is_cut_back_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.record(row(0, loss=4.0))
        length = events.flushed_length()
        events.record(row(100, loss=3.0))
    assert 0 < length < (tmp_path / NAME).stat().st_size

    with opened(tmp_path, length) as events:
        events.record(row(100, loss=2.0))

    assert scalars(tmp_path) == {"train/loss": [(0, 4.0), (100, 2.0)]}


def test_a_text_is_shown_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.text("spec", "net:\n  layers: []")
    accumulator = read(tmp_path)
    assert accumulator.Tags()["tensors"] == ["spec"]
    (event,) = accumulator.Tensors("spec")
    assert event.tensor_proto.string_val == [b"    net:\n      layers: []"]


def test_a_graph_is_read_back(tmp_path: Path) -> None:
    with opened(tmp_path) as events:
        events.graph(lambda: GraphDef(node=[NodeDef(name="conv1", op="Convolution")]))
    assert [(node.name, node.op) for node in read(tmp_path).Graph().node] == [
        ("conv1", "Convolution")
    ]


def test_the_file_is_one_that_tensorboard_looks_for() -> None:
    assert "tfevents" in NAME


@pytest.mark.parametrize("rows", [0, 1])
def test_the_format_is_named_once(rows: int, tmp_path: Path) -> None:
    for _ in range(2):
        with opened(tmp_path) as events:
            for _ in range(rows):
                events.record(row(0, loss=1.0))
    assert (tmp_path / NAME).read_bytes().count(b"brain.Event:2") == 1


def test_a_full_disk_is_told_at_the_end_at_the_latest(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / NAME)
    events = EventsFile(file)
    full = GrowingFile(Path("/dev/full"))
    file._file, old = full._file, file._file
    events.record(row(0, loss=1.0))
    with pytest.raises(StorageError) as caught:
        events.close()
    assert str(caught.value) == f"{tmp_path / NAME}: cannot be written: No space left on device"
    old.close()
