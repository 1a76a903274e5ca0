"""Trainings that their data, the disk or the memory end in the middle; each goes on afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.data.header import FieldSpec
from protonet.data.reader import Blocks
from protonet.data.table import create_tables
from protonet.errors import DataError, DeviceError, StorageError, TrainingError
from protonet.run.growing import GrowingFile
from protonet.run.train import TrainOptions, run_training
from protonet.schema import Spec, load_spec, respecified
from protonet.snapshot import read_snapshot
from protonet.step.update import Update
from tests.small import small_spec

RECORDS = 200  # 16,384 bytes each, 64 in a chunk
SPEC = """\
name: large
data: {train: {source: large.lmdb, batch_size: 8}}
net:
  inputs: {data: [4096], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 2, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
solver: {base_lr: 0.001, max_iter: 40, display: 1, random_seed: 1, threads: 1, momentum: 0.9}
"""


def large_spec() -> Spec:
    values = np.random.default_rng(1).normal(size=(RECORDS, 4096)).astype(np.float32)
    fields = (
        FieldSpec(name="data", dtype="float32", shape=(4096,)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(Path("large.lmdb")) as tables:
        labels = np.arange(RECORDS) % 2
        tables.table(None, fields).write({"data": values, "label": labels})
    Path("large.yaml").write_text(SPEC)
    return load_spec("large.yaml")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(spec: Spec, run: str = "a", *, resume: bool = False) -> None:
    run_training(spec, TrainOptions(run=Path(run), resume=resume, again="protonet … --resume"))


def failure(spec: Spec, kind: type[Exception] = TrainingError) -> str:
    with pytest.raises(kind) as caught:
        train(spec)
    return str(caught.value)


def snapshots(run: str = "a") -> list[str]:
    return sorted(path.name for path in Path(run, "snapshots").iterdir())


def check_alike(one: str, other: str, iteration: int) -> None:
    """Hold the last snapshots of two runs against each other, bit by bit."""
    pair = [read_snapshot(Path(run, "snapshots", f"iter_{iteration}")) for run in (one, other)]
    for tensors in ("weights", "optimizer"):
        first, second = (getattr(snapshot, tensors) for snapshot in pair)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert pair[0].state.metrics == pair[1].state.metrics


def check_goes_on(spec: Spec) -> None:
    """Go on with run a, and hold it against an undisturbed one."""
    train(spec, resume=True)
    train(spec, "b")
    check_alike("a", "b", int(str(spec.solver.max_iter if spec.solver else 0)))


STOPPED = "Training stopped after {} iterations, with a snapshot; when that is mended, go on with: protonet … --resume"  # fmt: skip  # noqa: E501


def test_a_damaged_chunk_met_in_the_middle() -> None:
    spec = large_spec()
    file = Path("large.lmdb/data.mdb")
    whole = file.read_bytes()
    last = np.random.default_rng(1).normal(size=(RECORDS, 4096)).astype(np.float32)[-1].tobytes()
    assert last in whole
    file.write_bytes(whole.replace(last, last[:-1] + bytes([last[-1] ^ 1])))
    told = failure(spec)
    # the stored checksum is in the message; 16 batches of 8 records are gathered at a time
    assert told.startswith("data.train, iteration 16: large.lmdb: chunk 3 of field data (")
    assert told.endswith(STOPPED.format(16))
    assert snapshots() == ["iter_16"]

    file.write_bytes(whole)
    check_goes_on(spec)


def test_a_file_that_is_cut_short_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()
    file = Path("large.lmdb/data.mdb")
    whole = file.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Update, "compute", after_batch(20, lambda: os.truncate(file, 1000)))
        told = failure(spec)
    assert told == (
        f"data.train, iteration 32: large.lmdb: the file was cut short while it was read: it had "
        f"{len(whole):,} bytes, and has 1,000; put it back, or convert the data again. "
        + STOPPED.format(32)
    )
    file.write_bytes(whole)
    check_goes_on(spec)


def test_a_file_that_is_deleted_meanwhile_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()
    monkeypatch.setattr(Update, "compute", after_batch(20, Path("large.lmdb/data.mdb").unlink))
    train(spec)  # the system keeps what is mapped
    assert snapshots() == ["iter_40"]


def after_batch(number: int, act: Callable[[], object]) -> Callable[..., object]:
    """Return `Update.compute`, which does something besides, once."""
    original, calls = Update.compute, iter(range(1000))

    def compute(self: Update, batches: object) -> object:
        if next(calls) == number:
            act()
        return original(self, batches)  # type: ignore[arg-type]  # as it came

    return compute


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ValueError("cannot reshape"), "a batch cannot be read: ValueError: cannot reshape"),
        (
            OSError(5, "Input/output error", "large.lmdb"),
            "a batch cannot be read: OSError: [Errno 5] Input/output error: 'large.lmdb'",
        ),
        (DataError("large.lmdb: damaged"), "large.lmdb: damaged"),
    ],
)
@pytest.mark.parametrize("background", [False, True])
def test_what_reading_and_decoding_raise(
    error: Exception, why: str, background: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = large_spec()
    original = Blocks.batches_from

    def broken(self: Blocks, index: int) -> object:
        if index >= 16:
            raise error
        return original(self, index)

    monkeypatch.setattr(Blocks, "batches_from", broken)
    if background:
        in_background(monkeypatch)
    told = failure(spec)
    assert told == f"data.train, iteration 16: {why}. {STOPPED.format(16)}"
    assert snapshots() == ["iter_16"]


def in_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have batches gathered by a thread, as beside a GPU."""
    from protonet.data.reader import Reader

    original = Reader.__post_init__

    def begin(self: Reader) -> None:
        self.background = True
        original(self)

    monkeypatch.setattr(Reader, "__post_init__", begin)


def test_what_fails_before_anything_is_trained_stays_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = large_spec()

    def broken(self: Blocks, index: int) -> object:
        raise DataError("large.lmdb: damaged")

    monkeypatch.setattr(Blocks, "batches_from", broken)
    told = failure(spec, DataError)
    assert told == "data.train, iteration 0: large.lmdb: damaged"
    assert snapshots() == []


@pytest.mark.parametrize("name", ["log.txt", "metrics.jsonl", "events.out.tfevents.protonet"])
def test_a_full_disk_while_something_is_logged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()
    original = GrowingFile.append
    calls = iter(range(1000))

    def append(self: GrowingFile, data: bytes) -> None:
        if self.path.name == name and next(calls) > 25:
            raise StorageError(f"{self.path}: cannot be written: No space left on device")
        original(self, data)

    monkeypatch.setattr(GrowingFile, "append", append)
    told = failure(spec)
    done = int(snapshots()[0].removeprefix("iter_"))
    assert told == f"a/{name}: cannot be written: No space left on device. {STOPPED.format(done)}"

    monkeypatch.setattr(GrowingFile, "append", original)
    check_goes_on(spec)


def test_a_test_set_that_fails_is_tested_again_after_the_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = respecified(small_spec(tmp_path, max_iter=12), ["solver.snapshot=0"])
    original = Blocks.batches_from
    tests = iter(range(1000))

    def broken(self: Blocks, index: int) -> object:
        if self.last is not None and index == 0 and next(tests) == 2:  # those of 0 and 4 are right
            raise DataError("points.lmdb: damaged")
        return original(self, index)

    monkeypatch.setattr(Blocks, "batches_from", broken)
    told = failure(spec)
    assert told == "data.test: points.lmdb: damaged. " + STOPPED.format(8)
    monkeypatch.setattr(Blocks, "batches_from", original)
    check_goes_on(spec)
    rows = [
        [line for line in Path(run, "metrics.jsonl").read_text().splitlines() if '"test"' in line]
        for run in ("a", "b")
    ]
    assert rows[0] == rows[1]


TOO_MUCH = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore")


def out_of_memory(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise TOO_MUCH

    monkeypatch.setattr(Update, "compute", after_batch(at, refuse))


def test_too_little_memory_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()
    out_of_memory(5, monkeypatch)
    told = failure(spec)
    assert told.startswith(
        "out of memory in iteration 5: CUDA out of memory. Tried to allocate 2.00 GiB.; about "
    )
    assert "; the largest tensors: the input data (8, 4096) 131 kB, ip/weight (2, 4096) " in told
    assert told.endswith(STOPPED.format(5))


def test_too_little_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()
    out_of_memory(0, monkeypatch)
    told = failure(spec, DeviceError)
    assert told.startswith("out of memory in iteration 0: CUDA out of memory. Tried ")
    assert "stopped" not in told
    assert snapshots() == []


def test_between_two_updates_of_an_iteration_there_is_nothing_to_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (
        "updates: [{losses: [loss], params: [hidden], optimizer: SGD}, "
        "{losses: [loss], params: [scores], optimizer: SGD}]"
    )
    spec = respecified(small_spec(tmp_path, more=more), ["solver.snapshot=0"])
    out_of_memory(3, monkeypatch)  # the second of iteration 1
    told = failure(spec)
    assert told.endswith(
        ". Training stopped after 1 iteration and a half, so there is no new snapshot; when that "
        "is mended, go on with: protonet … --resume"
    )
    assert snapshots() == []


def test_a_bug_of_ours_stays_one_and_costs_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large_spec()

    def fail() -> None:
        raise AssertionError("not ours to catch")

    monkeypatch.setattr(Update, "compute", after_batch(7, fail))
    assert failure(spec, AssertionError) == "not ours to catch"
    assert snapshots() == ["iter_7"]
