"""Nets computed in parts of a batch, held against the same nets computed at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from protonet.distributed.group import ALONE, Group
from protonet.errors import PathError, SpecError
from protonet.net import Net
from protonet.run.job import Job, prepare
from protonet.run.micro_batches import check_alone, micro_batch, splitting_of
from protonet.run.rules import parted_net
from protonet.run.train import TrainOptions, run_training
from protonet.run.updating import updates_of
from protonet.schema import Spec, load_spec, respecified
from protonet.snapshot import Machine, read_snapshot
from protonet.spec.solver import SolverSpec
from protonet.step.objective import Batch
from protonet.step.splitting import CannotSplit
from tests.small import small_file, small_spec

CALM = "net.layers.drop.dropout_ratio=0"
MACHINE = Machine(device="cpu", threads=1, channels_last=False, processor="SSE", torch="2.11.0")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def gradients(job: Job, batches: list[Batch]) -> tuple[list[Tensor], float]:
    updates = updates_of(job, lambda: 0)
    found: list[Tensor] = []
    loss = 0.0
    for update in updates:
        loss += update.compute(batches).loss.item()
        found += [one.clone() for one in update.gradients()]
    return found, loss


def check_alike(spec: Spec, size: int, batches: list[Batch]) -> None:
    """Hold the gradients of parts of so many samples against those of the whole."""
    whole, loss = gradients(prepare(spec, None, pytest.fail), batches)
    in_parts = respecified(spec, [f"solver.micro_batch={size}"])
    parts, sum_of_parts = gradients(prepare(in_parts, None, pytest.fail), batches)
    for one, other in zip(parts, whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)
    assert sum_of_parts == pytest.approx(loss, rel=1e-6)


def batch(*labels: int) -> Batch:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(len(labels), 6, generator=generator), torch.tensor(labels)


LOSSES = [
    [],
    ["net.layers.loss.ignore_label=0"],
    ["net.layers.loss.ignore_label=0", "net.layers.loss.normalization=FULL"],
    ["net.layers.loss.normalization=BATCH_SIZE"],
    ["net.layers.loss.normalization=NONE"],
    ["net.layers.loss.class_weights=[1, 5, 0.25]"],
    ["net.layers.loss.label_smoothing=0.1", "net.layers.loss.ignore_label=2"],
    ["net.layers.loss.loss_weight=3"],
    ["net.layers.loss.type=nn.CrossEntropyLoss"],
    ["net.layers.loss.type=HingeLoss"],
    ["net.layers.loss.type=FocalLoss"],
    ["net.layers.loss.type=MultinomialLogisticLoss", "net.layers.relu.type=Sigmoid"],
]


@pytest.mark.parametrize("overrides", LOSSES, ids=" ".join)
@pytest.mark.parametrize("size", [1, 3])
def test_losses_of_parts_add_up(overrides: list[str], size: int, tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path), [CALM, *overrides])
    check_alike(spec, size, [batch(0, 0, 1, 2, 0, 1, 2, 2)])


def test_what_is_added_up_over_batches_and_scaled(tmp_path: Path) -> None:
    more = ["solver.iter_size=2", "net.layers.loss.ignore_label=0"]
    spec = respecified(small_spec(tmp_path), [CALM, *more])
    check_alike(spec, 3, [batch(0, 0, 1, 2, 0, 1, 2, 2), batch(1, 0, 0, 0, 0, 0, 0, 0)])


TWO = """\
net:
  inputs: {data: [6], label: {shape: [], dtype: int64}}
  layers:
    - {name: scores, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label], ignore_label: 0}
    - {name: size, type: Reduction, bottom: scores, operation: SUMSQ, axis: 1}
    - {name: penalty, type: Reduction, bottom: size, operation: MEAN, loss_weight: 0.1}
    - {name: hinge, type: HingeLoss, bottom: [scores, label]}
"""


def test_several_losses_are_divided_each_by_its_own(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    head, _, rest = path.read_text().partition("net:\n")
    path.write_text(head + TWO + "solver:" + rest.partition("solver:")[2])
    check_alike(load_spec(path), 3, [batch(0, 0, 1, 2, 0, 1, 2, 2)])


def test_updates_of_several_losses_are_computed_in_parts(tmp_path: Path) -> None:
    more = (
        "updates: [{losses: [loss], params: [hidden], optimizer: SGD}, "
        "{losses: [loss], params: [scores], optimizer: SGD}]"
    )
    spec = respecified(small_spec(tmp_path, more=more), [CALM])
    check_alike(spec, 3, [batch(0, 0, 1, 2, 0, 1, 2, 2)])


SEQUENCES = """\
net:
  inputs: {data: {shape: [T, N, 3]}, label: {shape: [T, N], dtype: int64}}
  layers:
    - {name: lstm, type: LSTM, num_output: 4, weight_filler: xavier, bottom: [data, cont]}
    - {name: scores, type: InnerProduct, num_output: 3, axis: 2, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label], axis: 2, ignore_label: 0}
"""


def test_sequences_are_cut_along_the_batch_and_not_along_time(tmp_path: Path) -> None:
    text = SEQUENCES.replace("{data:", "{cont: {shape: [T, N]}, data:")
    (tmp_path / "net.yaml").write_text(text)
    net = Net(load_spec(tmp_path / "net.yaml").net)
    solver = SolverSpec(base_lr=1, max_iter=1)
    splitting = splitting_of(
        net, net.loss_terms, lambda: parted_net(0, solver, net), lambda parted: parted
    )
    named = dict(zip(net.inputs, splitting.axes, strict=True))
    assert named == {"data": 1, "cont": 1, "label": 1}
    assert splitting.uneven == {"loss"}


PICTURES = """\
net:
  inputs: {data: [3, 4, 4], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3}
    - {name: bn, type: BatchNorm}
    - {name: norm, type: nn.BatchNorm2d}
    - {name: scores, type: InnerProduct, num_output: 3}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
"""


def split(text: str, folder: Path) -> str:
    """Return what must be known of the parts of a net, or why there are none."""
    (folder / "net.yaml").write_text(text)
    net, solver = Net(load_spec(folder / "net.yaml").net), SolverSpec(base_lr=1, max_iter=1)
    try:
        return splitting_of(
            net, net.loss_terms, lambda: parted_net(0, solver, net), lambda parted: parted
        ).note
    except CannotSplit as why:
        return f"cannot: {why}"


def test_what_normalises_by_the_batch_is_told(tmp_path: Path) -> None:
    assert split(PICTURES, tmp_path) == (
        "note: what normalises by the batch (bn, norm) uses the statistics of each part"
    )
    frozen = PICTURES.replace("BatchNorm}", "BatchNorm, frozen: true}").replace(
        "BatchNorm2d}", "ReLU}"
    ).replace("nn.nn.", "nn.").replace("nn.ReLU", "ReLU")  # fmt: skip
    assert split(frozen, tmp_path) == ""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "{name: norm, type: nn.BatchNorm2d}",
            "{name: order, type: BatchReindex, bottom: [bn, label]}",
            "layer order (BatchReindex) counts the samples of the batch",
        ),
        (
            "{name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}",
            "{name: loss, type: Reduction, bottom: scores, operation: MEAN, loss_weight: 1}\n"
            "    - {name: power, type: Power, power: 2, loss_weight: 1}",
            "of power it cannot be told whether it is a mean or a sum over the samples",
        ),
        (
            "{data: [3, 4, 4], label: {shape: [], dtype: int64}}",
            "{data: {shape: [2, 3, 4, 4], batch: false}, "
            "label: {shape: [2], batch: false, dtype: int64}}",
            "no input has a batch axis",
        ),
    ],
)
def test_nets_that_need_their_batches_whole(old: str, new: str, why: str, tmp_path: Path) -> None:
    assert old in PICTURES
    assert split(PICTURES.replace(old, new), tmp_path) == f"cannot: {why}"


def test_a_size_for_such_a_net_is_refused_where_it_stands(tmp_path: Path) -> None:
    spec = respecified(
        small_spec(tmp_path),
        ["net.layers.relu.type=BatchReindex", "net.layers.relu.bottom=[hidden, label]",
         "solver.micro_batch=2"],
    )  # fmt: skip
    with pytest.raises(SpecError) as caught:
        prepare(spec, None, pytest.fail)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why) == (
        "PN015",
        "solver.micro_batch",
        "a batch cannot be computed in parts: layer relu (BatchReindex) counts the samples of the "
        "batch",
    )


@pytest.mark.parametrize(
    ("written", "before", "size", "shrinks"),
    [
        ("auto", None, None, True),
        ("auto", 16, 16, True),
        (8, 16, 8, False),
        (8, None, 8, False),
    ],
)
def test_the_size_is_the_specs_else_as_before(
    written: str | int, before: int | None, size: int | None, shrinks: bool
) -> None:
    solver = SolverSpec.model_validate({"base_lr": 1, "max_iter": 1, "micro_batch": written})
    made = micro_batch(solver, MACHINE.model_copy(update={"micro_batch": before}))
    assert made is not None
    assert (made.size, made.shrinks) == (size, shrinks)


def test_off_never_splits() -> None:
    solver = SolverSpec.model_validate({"base_lr": 1, "max_iter": 1, "micro_batch": "off"})
    assert micro_batch(solver, MACHINE) is None


def tight(job_module: type[torch.nn.Module], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a layer have no memory for more than so many samples."""
    original = job_module.forward

    def forward(self: torch.nn.Module, *bottoms: Tensor) -> object:
        if self.training and len(bottoms[0]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return original(self, *bottoms)

    monkeypatch.setattr(job_module, "forward", forward)


def test_a_run_that_runs_out_of_memory_goes_on_in_parts_and_is_resumed_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path)
    tight(torch.nn.ReLU, 3, monkeypatch)
    run_training(spec, TrainOptions(run=Path("a")))
    log = Path("a/log.txt").read_text().splitlines()
    assert [line for line in log if line.startswith("memory")] == [
        f"memory ran out: from here on batches are computed in parts of {size} samples, whose "
        "gradients add up to those of the whole batch"
        for size in (4, 2)
    ]
    short = respecified(spec, ["solver.max_iter=5"])
    run_training(short, TrainOptions(run=Path("b")))
    assert read_snapshot(Path("b/snapshots/iter_5")).state.machine.micro_batch == 2
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    run_training(spec, TrainOptions(run=Path("b"), resume=True))  # with memory for all of it
    pair = [read_snapshot(Path(run, "snapshots", "iter_10")) for run in ("a", "b")]
    for tensors in ("weights", "optimizer"):
        one, other = (getattr(snapshot, tensors) for snapshot in pair)
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_memory_for_not_one_sample_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight(torch.nn.ReLU, 0, monkeypatch)
    with pytest.raises(Exception, match="^out of memory in iteration 0: CUDA out of memory"):
        run_training(small_spec(tmp_path), TrainOptions(run=Path("a")))


@pytest.mark.parametrize("size", ["auto", "off", 4])
def test_several_processes_compute_no_smaller_parts(size: str | int) -> None:
    solver = SolverSpec.model_validate({"base_lr": 0.1, "max_iter": 1, "micro_batch": size})
    check_alone(solver, ALONE)
    if not isinstance(size, int):
        check_alone(solver, Group(0, 2, 0, 2))
        return
    with pytest.raises(PathError) as caught:
        check_alone(solver, Group(0, 2, 0, 2))
    found = caught.value
    assert (found.code, found.path, found.got) == ("PN016", ("solver", "micro_batch"), "4")
    assert found.why == "2 processes compute a part of every batch each, and no smaller ones"
    assert found.hint == (
        "half the batch_size with twice the iter_size gives the same updates with half the memory; "
        "leave micro_batch out"
    )
