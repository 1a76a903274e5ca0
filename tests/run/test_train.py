from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.errors import DataError, Interrupted, NonFiniteError, SpecError, StorageError
from protonet.hooks.hook import Step
from protonet.run.folder import RunFolder
from protonet.run.hooking import Workshop, hooks_of
from protonet.run.job import prepare
from protonet.run.saving import Saver
from protonet.run.train import Result, TrainOptions, run_training, train
from protonet.schema import load_spec, respecified
from protonet.snapshot import Snapshots, read_snapshot
from protonet.solver import Solver
from tests.run.test_events import scalars
from tests.run.test_output import Shown
from tests.small import points, small_file, small_spec, write_points

LEARNS_SLOWLY = {
    "weight": {"lr_mult": 0.5, "decay_mult": 2.0},
    "bias": {"lr_mult": 0.5, "decay_mult": 2.0},
}
"""`param` of a layer that learns at half the rate."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def weights(run: str | Path, iteration: int) -> dict[str, Tensor]:
    return read_snapshot(Path(run) / "snapshots" / f"iter_{iteration}").weights


def changed(overrides: dict[str, Any]) -> dict[str, Any]:
    """Return overrides as a type that fits beside the other keyword arguments."""
    return overrides


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def rows(run: str | Path) -> list[dict[str, Any]]:
    """Return the metrics of a run without what a clock decides."""
    lines = (Path(run) / "metrics.jsonl").read_text().splitlines()
    timed = {"images_per_second", "data_wait"}
    return [
        {key: value for key, value in json.loads(line).items() if key not in timed}
        for line in lines
    ]


def test_a_run_leaves_everything_in_its_directory(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path))

    assert result.folder == Path("runs/small/1")
    assert result.iteration == 10
    assert sorted(entry.name for entry in result.folder.iterdir() if entry.name[0] != ".") == [
        "events.out.tfevents.protonet",
        "log.txt",
        "metrics.jsonl",
        "run.json",
        "snapshots",
        "spec.yaml",
    ]
    assert Snapshots(result.folder / "snapshots").iterations() == [4, 8, 10]


def test_training_learns(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path), **changed({"solver.max_iter": 100}))
    assert result.metrics["test"]["accuracy"] >= 0.9
    assert result.lines == (
        f"test: accuracy {result.metrics['test']['accuracy']:.4f} "
        f"({result.metrics['test']['accuracy'] * 20:.0f}/20) "
        f"loss {result.metrics['test']['loss']:.4f}",
    )


def test_metrics_and_tensorboard_hold_every_display_and_test(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path))
    found = [(row["iteration"], row["phase"], row["set"]) for row in rows(result.folder)]
    trained, tested = ("train", "train"), ("test", "test")
    assert found == [
        *((0, *tested), (0, *trained), (2, *trained), (4, *tested), (4, *trained)),
        *((6, *trained), (8, *tested), (8, *trained), (10, *tested)),
    ]
    shown = scalars(result.folder)
    assert [step for step, _ in shown["train/loss"]] == [0, 2, 4, 6, 8]
    assert [step for step, _ in shown["test/accuracy"]] == [0, 4, 8, 10]
    assert rows(result.folder)[1].keys() == {
        *("iteration", "phase", "set", "samples", "loss", "lr")
    }


def test_a_run_on_a_fallback_says_so_at_its_beginning_and_beside_its_result(
    tmp_path: Path,
) -> None:
    source = Path(__file__).parents[2] / "configs" / "mnist.yaml"
    output = Shown()
    spec = load_spec(source, ["solver.max_iter=1", "solver.test_interval=0", "solver.threads=1"])

    result = run_training(spec, TrainOptions(output=output))

    cached = f"{os.environ['PROTONET_CACHE']}/datasets/digits-28x28.lmdb"
    assert output.lines[0] == (
        "dataset://mnist/train cannot be had; TRAINING ON digits INSTEAD: 1,437 handwritten "
        "digits of 8 x 8 pixels, resampled to 28 x 28"
    )
    assert output.lines[-2:] == [
        f"REMEMBER: train was NOT dataset://mnist/train BUT {cached}/train",
        f"REMEMBER: test was NOT dataset://mnist/test BUT {cached}/test",
    ]
    assert result.metrics["test"].keys() == {"accuracy", "loss"}


def test_the_log_holds_the_net_the_data_and_the_lines(tmp_path: Path) -> None:
    output = Shown()
    result = run_training(small_spec(tmp_path), TrainOptions(output=output))
    log = (result.folder / "log.txt").read_text().splitlines()
    assert log[:9] == [
        "layer   type             top     parameters",
        "hidden  InnerProduct     (N, 5)          35",
        "relu    ReLU             (N, 5)",
        "drop    Dropout          (N, 5)",
        "scores  InnerProduct     (N, 3)          18",
        "loss    SoftmaxWithLoss  ()",
        "53 parameters, 53 learnable",
        "train: 60 records of points.lmdb/train",
        "test: 20 records of points.lmdb/test",
    ]
    assert log[9] == "run: runs/small/1  device: cpu, 1 thread"
    assert log[-1] == result.lines[0]
    assert "iteration 4  snapshot runs/small/1/snapshots/iter_4" in log
    assert [line for line in log if " snapshot " not in line][:-1] == output.lines


def test_a_run_of_epochs_says_how_many_iterations_they_are(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path), **changed({"solver.max_iter": "0.5 epochs"}))
    assert result.iteration == 4  # 60 / 2 / 8 = 3.75
    log = (result.folder / "log.txt").read_text().splitlines()
    assert log[8:10] == [
        "test: 20 records of points.lmdb/test",
        "max_iter: 0.5 epochs = 4 iterations",
    ]
    assert Snapshots(result.folder / "snapshots").iterations() == [4]


def test_a_run_of_epochs_is_gone_on_with_for_more_of_them(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="whole", **changed({"solver.max_iter": "1 epoch"}))
    train(spec, run="twice", **changed({"solver.max_iter": "0.5 epochs"}))
    result = train(spec, run="twice", resume=True, **changed({"solver.max_iter": "1 epoch"}))
    assert result.iteration == 8  # 60 / 8 = 7.5
    assert same(weights("whole", 8), weights("twice", 8))


def test_what_a_factor_of_0_stops_does_not_move_and_the_rest_learns(tmp_path: Path) -> None:
    factor = "[{match: 'hidden', lr_mult: 0}]"
    spec = small_spec(tmp_path, more=f"weight_decay: 0.1, clip_gradients: 1, params: {factor}")
    train(spec, run="run")
    before, after = weights("run", 4), weights("run", 10)
    untrained = prepare(spec, None, pytest.fail).net.named_tensors()
    for name in ("hidden/weight", "hidden/bias"):
        assert torch.equal(after[name], untrained[name])
    for name in ("scores/weight", "scores/bias"):
        assert not torch.equal(after[name], before[name])


def test_a_factor_is_as_good_as_the_layers_own(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, more="weight_decay: 0.1")
    train(spec, run="own", **changed({"net.layers.hidden.param": LEARNS_SLOWLY}))
    factor = [{"match": "hidden", **LEARNS_SLOWLY["weight"]}]
    train(spec, run="factor", **changed({"solver.params": factor}))
    assert same(weights("own", 10), weights("factor", 10))


def test_a_live_terminal_gets_no_lines_of_progress(tmp_path: Path) -> None:
    output = Shown(live=True)
    run_training(small_spec(tmp_path), TrainOptions(output=output))
    assert not [line for line in output.lines if "images/s" in line]
    assert output.statuses[-1] == ""


def test_the_same_seed_gives_the_same_bits_and_another_others(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    one, two = train(spec), train(spec)
    other = train(spec, **changed({"solver.random_seed": 4}))
    assert same(weights(one.folder, 10), weights(two.folder, 10))
    assert not same(weights(one.folder, 10), weights(other.folder, 10))
    assert rows(one.folder) == rows(two.folder)


class Stopped(Exception):
    """Stands for whatever ends a process."""


def stop_after(monkeypatch: pytest.MonkeyPatch, iteration: int) -> None:
    """End the next training after an iteration, as a kill would: nothing more is written."""
    original = hooks_of

    class Stop:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: None

        def after_step(self, step: Step) -> bool:
            if step.iteration == iteration:
                raise Stopped
            return False

    def hooks(shop: Workshop) -> Any:
        return [*original(shop), Stop()]

    monkeypatch.setattr("protonet.run.session.hooks_of", hooks)


@pytest.mark.parametrize(
    ("iteration", "more"),
    [
        *((1, ""), (3, ""), (4, ""), (6, ""), (9, "")),
        (5, "average_loss: 3"),
        (6, "iter_size: 3, clip_gradients: 0.5, weight_decay: 0.01, regularization_type: L1"),
        (7, "test_iter: 2, lr_policy: {type: step, stepsize: 3, gamma: 0.5}"),
    ],
)
def test_a_resumed_run_ends_as_if_nothing_had_happened(
    iteration: int, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path, more=more)
    alone = train(spec, run="alone")
    with monkeypatch.context() as patch:
        stop_after(patch, iteration)
        with pytest.raises(Stopped):
            train(spec, run="cut")

    resumed = train(spec, run="cut", resume=True)

    assert same(weights("alone", 10), weights("cut", 10))
    assert rows("alone") == rows("cut")
    timed = {"train/images_per_second", "train/data_wait", "memory/resident_MiB"}
    for tag in scalars(Path("alone")).keys() - timed:
        assert scalars(Path("alone"))[tag] == scalars(Path("cut"))[tag]
    assert resumed.metrics == alone.metrics


def test_resume_goes_on_with_the_newest_run_of_the_name_and_starts_one_where_there_is_none(
    tmp_path: Path,
) -> None:
    spec = small_spec(tmp_path, max_iter=4)
    output = Shown()
    run_training(spec, TrainOptions(resume=True, output=output))
    assert output.lines[0] == "there is no run of small to resume; starting one"

    longer = respecified(spec, ["solver.max_iter=10"])
    output = Shown()
    result = run_training(longer, TrainOptions(resume=True, output=output))

    assert (result.folder, result.iteration) == (Path("runs/small/1"), 10)
    assert output.lines[0] == "note: solver.max_iter was 4, is 10"
    assert "resumed from the snapshot after 4 iterations" in output.lines


def test_a_complete_run_is_not_trained_again(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    first = train(spec)
    before = rows(first.folder)
    output = Shown()

    again = run_training(spec, TrainOptions(resume=True, output=output))

    assert again == first
    assert output.lines == ["runs/small/1: complete, 10 iterations; nothing is left to do"]
    assert rows(first.folder) == before


def test_a_damaged_snapshot_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="whole")
    train(spec, run="hurt", **changed({"solver.max_iter": 8}))
    (tmp_path / "hurt/snapshots/iter_8/weights.safetensors").write_bytes(b"")
    output = Shown()

    run_training(spec, TrainOptions(run=Path("hurt"), resume=True, output=output))

    assert output.lines[0] == (
        "warning: hurt/snapshots/iter_8: the snapshot is damaged: weights.safetensors: its "
        "checksum is another; trying the one before it"
    )
    assert "resumed from the snapshot after 4 iterations" in output.lines
    assert same(weights("whole", 10), weights("hurt", 10))


def test_weights_are_loaded_and_told(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="before")
    np.savez("bias.npz", allow_pickle=False, **{"scores/bias": np.full(3, 7, np.float32)})
    output = Shown()
    options = TrainOptions(Path("after"), False, ("before", "bias.npz"), output)

    run_training(respecified(spec, ["solver.base_lr=1e-30"]), options)

    assert "weights from before: 4 of 4 parameters loaded" in output.lines
    expected = weights("before", 10)
    expected["scores/bias"] = torch.full((3,), 7.0)
    assert same(weights("after", 10), expected)


def test_a_run_stopped_before_its_first_snapshot_starts_again_from_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="before")
    run_training(spec, TrainOptions(Path("alone"), weights=("before",)))
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(Stopped):
            run_training(spec, TrainOptions(Path("cut"), weights=("before",)))

    train(spec, run="cut", resume=True)

    assert same(weights("alone", 10), weights("cut", 10))


def test_weights_of_the_spec_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    np.savez("home/w.npz", allow_pickle=False, **{"scores/bias": np.full(3, 7, np.float32)})
    train(load_spec(small_file(tmp_path / "home", more="weights: w.npz")), run="a")
    assert "weights from home/w.npz: 1 of 4 parameters loaded" in Path("a/log.txt").read_text()


def test_data_and_weights_of_the_command_line_lie_in_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    path = small_file(tmp_path / "home", max_iter=1)
    shutil.move("home/points.lmdb", "here.lmdb")
    np.savez("w.npz", allow_pickle=False, **{"scores/bias": np.full(3, 7, np.float32)})
    sources = {f"data.{name}.source": f"here.lmdb/{name}" for name in ("train", "test")}
    train(path, run="a", **changed({**sources, "solver.weights": ["w.npz"]}))
    log = Path("a/log.txt").read_text()
    assert "train: 60 records of here.lmdb/train" in log
    assert "weights from w.npz: 1 of 4 parameters loaded" in log


def test_ctrl_c_writes_a_snapshot_from_which_the_run_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="alone")
    original = Saver.take

    def press(self: Saver, iteration: int) -> None:
        original(self, iteration)
        if iteration == 4:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Saver, "take", press)
        with pytest.raises(Interrupted) as caught:
            run_training(spec, TrainOptions(run=Path("cut"), again="protonet train x --resume"))

    assert caught.value.exit_code == 130
    assert str(caught.value) == (
        "stopped by Ctrl-C after 4 iterations, with a snapshot; go on with: protonet train x "
        "--resume"
    )
    train(spec, run="cut", resume=True)
    assert same(weights("alone", 10), weights("cut", 10))


def press(monkeypatch: pytest.MonkeyPatch, number: signal.Signals, iteration: int) -> None:
    """Send this process a signal while it computes an iteration."""
    original = Solver.step

    def step(self: Solver) -> Step:
        if self.iteration == iteration:
            os.kill(os.getpid(), number)
        return original(self)

    monkeypatch.setattr(Solver, "step", step)


def test_ctrl_c_in_the_last_step_leaves_a_run_that_is_complete_and_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path)
    alone = train(spec, run="alone")
    with monkeypatch.context() as patch:
        press(patch, signal.SIGINT, 9)
        with pytest.raises(Interrupted):
            train(spec, run="cut")
    resumed = train(spec, run="cut", resume=True)
    assert (resumed.lines, resumed.metrics) == (alone.lines, alone.metrics)
    assert rows("cut") == rows("alone")
    assert same(weights("alone", 10), weights("cut", 10))


@pytest.mark.parametrize("more", ["", "iter_size: 2"])
def test_hang_up_writes_a_snapshot_and_the_run_goes_on(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path, more=more)
    train(spec, run="alone")
    with monkeypatch.context() as patch:
        press(patch, signal.SIGHUP, 5)
        train(spec, run="a", **changed({"solver.snapshot_keep": 9}))
    assert Snapshots(Path("a/snapshots")).iterations() == [4, 6, 8, 10]
    assert same(weights("a", 10), weights("alone", 10))

    for iteration in (8, 10):  # and the run goes on from the one that was asked for
        shutil.rmtree(f"a/snapshots/iter_{iteration}")
    train(spec, run="a", resume=True)
    assert same(weights("a", 10), weights("alone", 10))
    assert rows("a") == rows("alone")


def test_a_snapshot_due_at_the_end_is_written_after_the_last_test(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path), **changed({"solver.snapshot": 5}))  # tests: 0, 4, 8, 10
    state = read_snapshot(result.folder / "snapshots/iter_10").state
    assert (state.metrics, state.result) == (result.metrics, result.lines[0])
    assert state.lengths["metrics.jsonl"] == (result.folder / "metrics.jsonl").stat().st_size


def test_a_signal_after_an_update_that_was_not_made_writes_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"base_lr": 1e38, "display": 0, "test_interval": 0, "snapshot": 0}
    overrides = {f"solver.{key}": value for key, value in keys.items()}
    press(monkeypatch, signal.SIGHUP, 3)
    with pytest.raises(NonFiniteError) as caught:
        train(small_spec(tmp_path), run="a", **changed(overrides))
    assert str(caught.value).startswith("iteration 1: the output of layer scores is not finite (")
    assert Snapshots(Path("a/snapshots")).iterations() == []


def test_a_run_killed_before_its_spec_was_written_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path)
    original = RunFolder.write

    def write(self: RunFolder, path: Path, text: str) -> None:
        original(self, path, text)
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", write)
        with pytest.raises(Stopped):
            train(spec, run="a")
    assert train(spec, run="a", resume=True).iteration == 10


def test_weights_named_for_a_resume_are_left_alone_and_that_is_said(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="alone")
    train(spec, run="a", **changed({"solver.max_iter": 4}))
    np.savez("bias.npz", allow_pickle=False, **{"scores/bias": np.full(3, 7, np.float32)})
    output = Shown()
    run_training(spec, TrainOptions(Path("a"), True, ("bias.npz",), output))
    assert output.lines[:2] == [
        "note: solver.max_iter was 4, is 10",
        "note: --weights is left alone: the run goes on with its own",
    ]
    assert same(weights("alone", 10), weights("a", 10))


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_weights(
    tmp_path: Path,
) -> None:
    spec = small_spec(tmp_path)
    with pytest.raises(NonFiniteError) as caught:
        train(
            spec, run="a", **changed({"solver.base_lr": 1e38, "solver.test_initialization": False})
        )
    assert str(caught.value).startswith("iteration 1: the output of layer scores is not finite (")
    assert Snapshots(Path("a/snapshots")).iterations() == []


def test_labels_outside_the_classes_stop_the_run_and_name_the_sample(tmp_path: Path) -> None:
    small_file(tmp_path)
    records = dict(points(60, 1))
    records["label"] = records["label"] * 2  # 0, 2, 4
    fields = {"data": (6,), "label": ()}
    with create_tables(tmp_path / "odd.lmdb") as tables:
        specs = [
            FieldSpec(name=name, dtype=records[name].dtype.name, shape=shape)
            for name, shape in fields.items()
        ]
        tables.table(None, specs).write(records)
    spec = load_spec(
        tmp_path / "small.yaml", ["data.train.source=odd.lmdb", "data.train.shuffle=false"]
    )
    with pytest.raises(DataError) as caught:
        train(spec)
    assert str(caught.value) == (
        "data.train, iteration 0: layer loss: label 4 is outside the 3 classes (0 to 2), first at "
        "sample 2 of the batch"
    )


def test_an_output_folder_that_cannot_be_written_is_found_before_training(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    Path("runs").write_text("")
    with pytest.raises(StorageError) as caught:
        train(spec)
    assert str(caught.value) == "runs/small: cannot be written: Not a directory"


def test_two_problems_of_the_data_are_told_at_once(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    overrides = {"data.train.source": "a.lmdb", "data.test.source": "b.lmdb"}
    with pytest.raises(SpecError) as caught:
        train(spec, **changed(overrides))
    assert [problem.path for problem in caught.value.problems] == [
        "data.train.source",
        "data.test.source",
    ]
    assert not Path("runs").exists()


def test_a_path_is_as_good_as_a_spec(tmp_path: Path) -> None:
    path = small_file(tmp_path, max_iter=1)
    result = train(path, run=tmp_path / "a")
    assert isinstance(result, Result)
    assert result.folder == tmp_path / "a"


def test_data_of_another_set_leave_the_training_set_alone(tmp_path: Path) -> None:
    """Test data may be replaced between a run and its resume: they change nothing trained."""
    spec = small_spec(tmp_path)
    train(spec, run="a", **changed({"solver.max_iter": 4}))
    write_points(tmp_path / "more.lmdb", test=points(9, 5))
    result = train(spec, run="a", resume=True, **changed({"data.test.source": "more.lmdb/test"}))
    assert result.iteration == 10
