from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.errors import StorageError, UsageError
from protonet.run.chosen import Chosen, chosen, named, set_aside
from protonet.run.folder import RunFolder
from protonet.run.train import train
from protonet.schema import load_spec, respecified
from protonet.snapshot import Snapshots
from tests.small import small_spec

NEITHER = (
    "{}: neither a run nor a snapshot of one; name a folder such as runs/NAME/1 or "
    "runs/NAME/1/snapshots/iter_500"
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Train for ten iterations, with snapshots after 4, 8 and 10."""
    monkeypatch.chdir(tmp_path)
    return RunFolder(train(small_spec(tmp_path)).folder)


def test_the_newest_run_of_the_name_or_the_one_that_is_given(run: RunFolder) -> None:
    assert chosen("small", None, False) is None
    assert chosen("small", None, True) == Chosen(RunFolder(Path("runs/small/1")))
    assert chosen("other", None, True) is None
    assert chosen("other", run.path, True) == Chosen(run)


def test_a_folder_is_that_of_a_run_or_of_one_of_its_snapshots(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen("other", None, run.path) == Chosen(run)
    assert named(run.snapshots / "iter_8") == Chosen(run, 8)
    here = run.path.absolute()
    monkeypatch.chdir(run.snapshots)
    assert named(Path("iter_4")) == Chosen(RunFolder(here), 4)


@pytest.mark.parametrize("path", ["gone", "points.lmdb", "runs/small/1/snapshots/iter_5", "runs"])
def test_another_folder_is_refused(path: str, run: RunFolder) -> None:
    with pytest.raises(UsageError) as caught:
        chosen("small", None, Path(path))
    assert str(caught.value) == NEITHER.format(path)


def test_a_run_that_is_named_twice_is_refused(run: RunFolder) -> None:
    with pytest.raises(UsageError) as caught:
        chosen("small", Path("there"), run.path)
    assert str(caught.value) == (
        "--resume runs/small/1 names the run, and so does --run there; leave one out"
    )


def test_what_came_later_is_kept_aside(run: RunFolder) -> None:
    before = run.metrics.read_text()
    assert set_aside(run, 4) == (
        "iter_8, iter_10 and the measurements until then are kept in runs/small/1/aside/1"
    )
    assert Snapshots(run.snapshots).iterations() == [4]
    assert Snapshots(run.path / "aside/1").iterations() == [8, 10]
    assert (run.path / "aside/1/metrics.jsonl").read_text() == before == run.metrics.read_text()


def test_where_nothing_came_later_nothing_is_moved(run: RunFolder) -> None:
    assert set_aside(run, 10) is None
    assert not (run.path / "aside").exists()


def test_each_time_has_a_number_of_its_own(run: RunFolder) -> None:
    (run.path / "aside" / "7").mkdir(parents=True)
    (run.path / "aside" / "notes").touch()
    assert str(set_aside(run, 8)).endswith("runs/small/1/aside/8")


def test_a_disk_that_refuses_is_told_and_nothing_is_moved(run: RunFolder) -> None:
    (run.path / "aside").write_text("")
    with pytest.raises(StorageError) as caught:
        set_aside(run, 4)
    assert str(caught.value) == "runs/small/1/aside: cannot be written: File exists"
    assert Snapshots(run.snapshots).iterations() == [4, 8, 10]


def test_a_run_goes_on_from_the_snapshot_that_was_named(run: RunFolder, tmp_path: Path) -> None:
    first = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    spec = respecified(load_spec(tmp_path / "small.yaml"), ["solver.clip_gradients=0.01"])
    result = train(spec, resume=run.snapshots / "iter_4")
    again = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert (result.folder, result.iteration) == (run.path, 10)
    assert again[:4] == first[:4]  # until then: tests 0 and 4, displays 0 and 2
    assert again[4]["loss"] == first[4]["loss"]  # before the first step that differs
    assert [row["iteration"] for row in again] == [row["iteration"] for row in first]
    assert again[-1]["loss"] != first[-1]["loss"]
    assert Snapshots(run.snapshots).iterations() == [4, 8, 10]
    assert (
        "note: iter_8, iter_10 and the measurements until then are kept in runs/small/1/aside/1\n"
        in run.log.read_text()
    )
