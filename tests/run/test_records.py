from __future__ import annotations

from contextlib import closing
from pathlib import Path

from protonet.run.events import NAME
from protonet.run.folder import RunFolder
from protonet.run.records import Records
from tests.run.test_events import row, scalars


def test_both_files_are_cut_back_to_a_snapshots_lengths(tmp_path: Path) -> None:
    with closing(Records(RunFolder(tmp_path), {})) as records:
        assert records.events is not None
        records.events.text("spec", "net: {}")
        records.record(row(0, loss=4.0))
        lengths = records.lengths()
        records.record(row(1, loss=3.0))
    line = '{"iteration": 0, "phase": "train", "set": "train", "samples": 64, "loss": 4.0}\n'
    assert lengths["metrics.jsonl"] == len(line)
    assert 0 < lengths[NAME] < (tmp_path / NAME).stat().st_size

    with closing(Records(RunFolder(tmp_path), lengths)) as records:
        records.record(row(1, loss=2.0))

    assert (tmp_path / "metrics.jsonl").read_text().count("\n") == 2
    assert scalars(tmp_path) == {"train/loss": [(0, 4.0), (1, 2.0)]}


def test_a_start_keeps_nothing_and_an_open_end_keeps_all(tmp_path: Path) -> None:
    with closing(Records(RunFolder(tmp_path), {})) as records:
        records.record(row(0, loss=4.0))
    with closing(Records(RunFolder(tmp_path), None)) as records:
        records.record(row(1, loss=3.0))
    assert (tmp_path / "metrics.jsonl").read_text().count("\n") == 2
    with closing(Records(RunFolder(tmp_path), {})):
        pass
    assert (tmp_path / "metrics.jsonl").read_text() == ""


def test_without_a_board_there_is_no_event_file(tmp_path: Path) -> None:
    with closing(Records(RunFolder(tmp_path), {}, board=False)) as records:
        records.record(row(0, loss=4.0))
        assert records.events is None
        assert [*records.lengths()] == ["metrics.jsonl"]
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_board_that_a_resume_turns_on_begins_then(tmp_path: Path) -> None:
    with closing(Records(RunFolder(tmp_path), {}, board=False)) as records:
        records.record(row(0, loss=4.0))
        lengths = records.lengths()
    with closing(Records(RunFolder(tmp_path), lengths)) as records:
        records.record(row(1, loss=3.0))
    assert scalars(tmp_path) == {"train/loss": [(1, 3.0)]}
