from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from protonet.errors import DataError, NonFiniteError, StorageError, TrainingError
from protonet.hooks.display import Display
from protonet.hooks.guard import Guard
from protonet.hooks.histograms import Histograms
from protonet.hooks.hook import Hook
from protonet.hooks.live import Live
from protonet.hooks.memory import Memory
from protonet.hooks.norms import Norms
from protonet.hooks.signals import Signals
from protonet.hooks.snapshot import Snapshots as SnapshotHook
from protonet.hooks.test import Test
from protonet.run.facts import resolved
from protonet.run.folder import RunFolder, new_run
from protonet.run.job import Job, prepare
from protonet.run.output import Log, Output, Silent
from protonet.run.records import Records
from protonet.run.session import Session, _refuse_to_save
from protonet.schema import Spec, respecified
from protonet.snapshot import Evaluation, State, Stored, read_snapshot
from protonet.solver import Solver
from tests.run.test_output import Shown
from tests.run.test_sets import images, write_images
from tests.small import small_spec


@contextmanager
def session(spec: Spec, output: Output | None = None) -> Iterator[tuple[Session, Job, RunFolder]]:
    """Make the session of a new run."""
    job = prepare(spec, None, pytest.fail)
    folder = new_run("small", None)
    with (
        closing(Log(folder.log, output or Silent())) as log,
        closing(Records(folder, None)) as records,
    ):
        yield Session(job, folder, resolved(spec), log, records), job, folder


def states(spec: Spec) -> dict[int, State]:
    """Train, and return what every snapshot says, by its iteration."""
    with session(spec) as (made, _, folder):
        made.train(Silent(), "again", None)
    return {
        int(path.name.removeprefix("iter_")): read_snapshot(path).state
        for path in folder.snapshots.iterdir()
    }


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


BOARD = [Norms, Memory, Histograms]
"""What shows a net without pictures to TensorBoard."""


@pytest.mark.parametrize(
    ("live", "without_test_set", "kinds"),
    [
        (True, False, [Guard, Display, Test, *BOARD, SnapshotHook, Live, Signals]),
        (False, False, [Guard, Display, Test, *BOARD, SnapshotHook, Signals]),
        (False, True, [Guard, Display, *BOARD, SnapshotHook, Signals]),
    ],
)
def test_the_flag_is_read_first_and_a_snapshot_follows_its_test_and_signals_come_last(
    live: bool,
    without_test_set: bool,
    kinds: list[type[Hook]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = small_spec(tmp_path, max_iter=1)
    if without_test_set:
        del spec.data["test"]
    seen: list[type[Hook]] = []
    original = Solver.train

    def train(self: Solver, max_iter: int, hooks: list[Hook]) -> None:
        seen.extend(type(hook) for hook in hooks)
        original(self, max_iter, hooks)

    monkeypatch.setattr(Solver, "train", train)
    output = Shown(live=live)
    with session(spec, output) as (made, _, _):
        made.train(output, "again", None)
    assert seen == kinds


def test_a_snapshot_counts_the_updates_and_the_batches_that_they_took(tmp_path: Path) -> None:
    found = states(small_spec(tmp_path, max_iter=5, more="iter_size: 3"))
    assert {after: state.iteration for after, state in found.items()} == {4: 4, 5: 5}
    assert {after: state.position for after, state in found.items()} == {4: 12, 5: 15}


def test_a_snapshot_holds_a_test_only_if_it_is_of_its_own_iteration(tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path, max_iter=6), ["solver.snapshot=2"])
    found = states(spec)
    tested = {after: bool(state.metrics) for after, state in found.items()}
    assert tested == {2: False, 4: True, 6: True}  # test_interval 4, and the end
    assert (found[2].score, found[2].result) == (None, "")
    accuracy = found[4].metrics["test"]["accuracy"]
    assert isinstance(accuracy, float)
    assert found[4].score == accuracy
    assert found[4].result.startswith(f"test: accuracy {accuracy:.4f} ({20 * accuracy:.0f}/20) ")


def test_a_snapshot_knows_the_spec_the_seed_the_data_and_the_machine(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter=1)
    with session(spec) as (made, job, folder):
        made.train(Silent(), "again", None)
    state = read_snapshot(folder.snapshots / "iter_1").state
    assert (state.seed, state.spec, state.machine) == (3, resolved(spec), job.machine)
    assert state.data == {
        name: job.sets[name].first.header.content_hash for name in ("train", "test")
    }


def test_a_snapshot_keeps_what_is_measured_until_then(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter=5, more="average_loss: 3")
    with session(spec) as (made, _, folder):
        made.train(Silent(), "again", None)
    early, late = (read_snapshot(folder.snapshots / f"iter_{after}").state for after in (4, 5))
    lines = folder.metrics.read_bytes().splitlines(keepends=True)
    # test 0, display 0, display 2, test 4 │ display 4, test 5
    assert early.lengths["metrics.jsonl"] == len(b"".join(lines[:4]))
    assert late.lengths == {
        path.name: path.stat().st_size
        for path in (folder.metrics, folder.path / "events.out.tfevents.protonet")
    }
    assert early.losses[1:] == late.losses[:2]  # of iterations 2 and 3; one more was made
    assert (len(early.losses), len(late.losses)) == (3, 3)


PICTURES = [
    "data.{name}.source=images.lmdb",
    "data.{name}.transform={{crop_size: 2, mean: dataset, scale: 0.5}}",
]


def test_a_snapshot_says_how_evaluation_prepares_an_image(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    overrides = [text.format(name=name) for name in ("train", "test") for text in PICTURES]
    inputs = "net.inputs.data={shape: [3, 2, 2], channels: BGR}"
    found = states(
        respecified(
            small_spec(tmp_path, max_iter=1),
            [*overrides, inputs, "data.train.transform.mirror=true"],
        )
    )
    # images() counts up by 1; channel c of image n is 48 n + 16 c + 0 … 15, the mean over n is
    # 96 + 16 c + 7.5
    assert found[1].evaluation == Evaluation(
        input="data",
        shape=(3, 2, 2),
        transform=(
            {"type": "CenterCrop", "size": [2, 2]},
            {"type": "Mean", "value": [135.5, 119.5, 103.5]},
            {"type": "Scale", "factor": [0.5]},
        ),
        channels="BGR",
        classes=("0", "1", "2"),
        stored=Stored(shape=(3, 4, 4), channels="RGB"),
    )


def test_what_was_not_finite_is_not_displayed(tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path), ["solver.base_lr=1e38", "solver.test_interval=0"])
    with session(spec) as (made, _, folder), pytest.raises(NonFiniteError):
        made.train(Silent(), "again", None)
    assert [line.split()[:2] for line in folder.log.read_text().splitlines()] == [
        ["iteration", "0"]
    ]


def test_a_bad_batch_is_named_by_its_update(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, more="iter_size: 3")
    with session(spec) as (made, job, _):
        calls = iter(range(99))

        def refuse(module: object, batch: object) -> None:
            if next(calls) == 5:  # the third of iteration 1
                raise DataError("label 7 is outside the 3 classes")

        job.aims[0].module.register_forward_pre_hook(refuse)
        with pytest.raises(TrainingError) as caught:
            made.train(Silent(), "again", None)
    assert str(caught.value) == (
        "data.train, iteration 1: label 7 is outside the 3 classes. Training stopped after 1 "
        "iteration, with a snapshot; when that is mended, go on with: again"
    )


def test_a_session_goes_on_from_a_state(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter=6)
    with session(spec) as (made, _, folder):
        made.train(Silent(), "again", None)
    before = read_snapshot(folder.snapshots / "iter_4").state

    with session(spec) as (made, _, folder):
        made.train(Silent(), "again", before)
    rows = folder.metrics.read_text().splitlines()
    assert [row.split(", ")[0] for row in rows] == ['{"iteration": 4', '{"iteration": 6']
    assert read_snapshot(folder.snapshots / "iter_6").state.position == 6


def test_a_process_with_a_part_of_the_weights_says_why_it_saves_nothing() -> None:
    with pytest.raises(StorageError) as caught:
        _refuse_to_save(7)
    assert str(caught.value) == (
        "under solver.parallel: fsdp each process has only a part of the weights"
    )


def test_what_is_left_is_told_by_the_clock_where_a_clock_ends_the_run(tmp_path: Path) -> None:
    output = Shown()
    spec = respecified(small_spec(tmp_path, max_iter="0.2 seconds"), ["solver.display=1"])
    with session(spec, output) as (made, _, _):
        made.train(output, "again", None)
    told = [line for line in output.lines if " left  " in line]
    assert told
    assert all("  0 s left  " in line for line in told)
