"""One job as two or three ranks, threads of one process, against the same job alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor

from protonet.distributed.group import ALONE, Group
from protonet.errors import SpecError
from protonet.run.job import Job, prepare
from protonet.run.parts import statistics_of, synchronise
from protonet.run.updating import updates_of
from protonet.schema import Spec, load_spec
from tests.distributed.siblings import together
from tests.small import small_file, small_spec


def spec_with(folder: Path, **changes: tuple[str, str]) -> Spec:
    """Return the small spec without dropout, with some texts of it replaced."""
    path = small_file(folder)
    text = path.read_text().replace("    - {name: drop, type: Dropout}\n", "")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return load_spec(path)


def computed(job: Job) -> tuple[list[Tensor], Tensor, dict[str, Tensor]]:
    """Return gradients, loss and outputs of the first iteration, as they are applied."""
    feed = job.train_set.feed(job.net, endless=True, seed=3)
    with feed.reader:
        (update,) = updates_of(job, lambda: 0)
        found = update.compute(islice(feed, update.iter_size))
        gradients = update.gradients()
        if update.combine is not None:
            gradients, found = update.combine(gradients, found)
        return [one.clone() for one in gradients], found.loss, dict(found.outputs)


def of_ranks(spec: Spec, count: int) -> list[tuple[list[Tensor], Tensor, dict[str, Tensor]]]:
    def work(group: Group) -> tuple[list[Tensor], Tensor, dict[str, Tensor]]:
        return computed(prepare(spec, None, lambda text: None, group=group))

    return together(count, work)


CHANGES: dict[str, dict[str, tuple[str, str]]] = {
    "a plain loss": {},
    "uneven parts": {"batch": ("batch_size: 8", "batch_size: 10")},
    "ignored labels": {
        "loss": ("bottom: [scores, label]}", "bottom: [scores, label], ignore_label: 2}")
    },
    "a loss that is a sum": {
        "loss": (
            "SoftmaxWithLoss, bottom: [scores, label]",
            "SoftmaxWithLoss, normalization: NONE, bottom: [scores, label]",
        )
    },
    "a metric beside the loss": {"metric": (", phase: test", "")},
    "several batches": {"solver": ("base_lr: 0.1", "iter_size: 3, base_lr: 0.1")},
}


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", CHANGES)
def test_parts_make_up_the_whole(name: str, count: int, tmp_path: Path) -> None:
    spec = spec_with(tmp_path, **CHANGES[name])
    gradients, loss, outputs = computed(prepare(spec, None, lambda text: None))
    for own in of_ranks(spec, count):
        torch.testing.assert_close(own[0], gradients, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(own[1], loss, rtol=1e-6, atol=0)
        assert own[2].keys() == outputs.keys()
        for blob, value in outputs.items():
            torch.testing.assert_close(own[2][blob], value, rtol=1e-6, atol=0, check_dtype=False)


def normed(folder: Path, *, synchronised: bool) -> Spec:
    relu = "    - {name: relu, type: ReLU}\n"
    return spec_with(
        folder,
        bn=(relu, "    - {name: bn, type: BatchNorm}\n" + relu),
        solver=("base_lr: 0.1", f"sync_batch_norm: {str(synchronised).lower()}, base_lr: 0.1"),
    )


def test_synchronised_statistics_make_up_the_whole(tmp_path: Path) -> None:
    spec = normed(tmp_path, synchronised=True)
    gradients, loss, _ = computed(prepare(spec, None, lambda text: None))
    for own in of_ranks(spec, 2):
        torch.testing.assert_close(own[0], gradients, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(own[1], loss, rtol=1e-6, atol=0)


def test_else_the_average_of_the_parts_statistics_is_kept(tmp_path: Path) -> None:
    spec = normed(tmp_path, synchronised=False)

    def work(group: Group) -> tuple[Tensor, Tensor]:
        job = prepare(spec, None, lambda text: None, group=group)
        feed = job.train_set.feed(job.net, endless=True, seed=3)
        with feed.reader:
            data, _ = next(feed)
        hidden = job.net({"data": data, "label": torch.zeros(4).long()}, ["hidden"])["hidden"]
        computed(job)
        return hidden.detach(), job.net.params["bn"]["mean"].clone()

    (first, kept), (second, same) = together(2, work)
    assert torch.equal(kept, same)
    # the first statistics are stored whole; both parts have 4 samples, so that means average
    torch.testing.assert_close(kept, torch.cat([first, second]).mean(0))


def test_a_layer_that_keeps_its_statistics_is_left_alone(tmp_path: Path) -> None:
    frozen = ("type: ReLU}\n", "type: ReLU}\n    - {name: bn, type: BatchNorm, frozen: true}\n")
    job = prepare(spec_with(tmp_path, bn=frozen), None, lambda text: None)
    assert statistics_of(job.net) == []


def test_statistics_that_are_synchronised_need_no_average(tmp_path: Path) -> None:
    job = prepare(normed(tmp_path, synchronised=False), None, lambda text: None)
    assert len(statistics_of(job.net)) == 3
    synchronise(job.net, ALONE)
    assert statistics_of(job.net) == []


def refused(spec: Spec, count: int) -> str:
    with pytest.raises(SpecError) as caught:
        together(count, lambda group: prepare(spec, None, lambda text: None, group=group))
    return str(caught.value)


def test_refuses_batches_that_are_too_small(tmp_path: Path) -> None:
    told = refused(small_spec(tmp_path), 9)
    assert told == (
        f"error[PN013] {tmp_path}/small.yaml:3:50 data.train.batch_size: each of 9 processes needs "
        "a part of every batch\n"
        "    3 |   train: {source: points.lmdb/train, batch_size: 8, shuffle: true}\n"
        "      |                                                  ^\n"
        "      got 8; batch_size counts all of them: at least 9  see: protonet explain PN013\n"
        f"1 error in {tmp_path}/small.yaml"
    )


def test_refuses_a_literal_batch_and_a_file_of_all_rows(tmp_path: Path) -> None:
    spec = spec_with(
        tmp_path,
        inputs=(
            "{data: [6], label: {shape: [], ",
            "{data: {shape: [8, 6], batch: false}, label: {shape: [8], batch: false, ",
        ),
        test=("batch_size: 7", "batch_size: 8"),
        file=(
            "solver:",
            "    - {name: out, type: HDF5Output, bottom: [scores, label], file_name: x}\nsolver:",
        ),
    )
    told = refused(spec, 2)
    assert (
        "data.train.batch_size: the net's input data takes batches of 8, of which each of 2 "
        "processes would get a part"
    ) in told
    assert (
        "net.layers.out: it writes one file, and each of 2 processes has a part of the rows"
    ) in told
    assert "use one process" in told
    assert told.endswith(f"3 errors in {tmp_path}/small.yaml")
