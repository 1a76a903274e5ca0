"""Whether the data of a spec fit its net, without training and without allocating the net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protonet.errors import PathError
from protonet.net.form import Form
from protonet.problems import Problem
from protonet.run.foreseen import check_training
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import Spec
from protonet.spec.data import TRAIN, DataSpec, evaluation_sets
from protonet.spec.diagnose import locate
from protonet.spec.shuffle import buffer_of


def check_data(spec: Spec, forms: Mapping[str, Form]) -> list[Problem]:
    """Open every set of a spec, as training would, and return what is probably not meant.

    Args:
        spec: the spec.
        forms: the net by phase, and by `test/STAGE` (`protonet.net.prove_phases`).

    Raises: PathErrors with everything that does not fit; `protonet.schema.located` adds file and
        line.
    """
    nets = {TRAIN: forms["train"]} if TRAIN in spec.data else {}
    for name, data in evaluation_sets(spec.data).items():
        nets[name] = forms[f"test/{data.stage}" if data.stage else "test"]
    opened = open_sets(spec, nets, lambda text: None)
    try:
        check_training(spec, opened.get(TRAIN))
        return [locate(doubt, spec.expanded, "warning") for doubt in set_warnings(spec, opened)]
    finally:
        for one in opened.values():
            for source in one.sources:
                source.dataset.close()


def set_warnings(spec: Spec, opened: Mapping[str, OpenSet]) -> Iterator[PathError]:
    """Yield the sets that are read in a way that is probably not meant."""
    train = opened.get(TRAIN)
    if train and any(one.header.sorted_labels for one in train.sources):
        yield from _in_order(train.spec)
    batches = spec.solver.test_iter if spec.solver else None
    for name, one in opened.items():
        seen = (batches or 0) * one.spec.batch_size
        if name != TRAIN and batches is not None and seen < len(one):
            batch, cover = ("batch", "covers") if batches == 1 else ("batches", "cover")
            why = (
                f"{batches} {batch} of {one.spec.batch_size} {cover} {seen:,} of {len(one):,} "
                f"records of data.{name}"
            )
            yield PathError("PN043", ("solver", "test_iter"), why, hint="leave test_iter out")


def _in_order(train: DataSpec) -> Iterator[PathError]:
    """Yield that sorted labels stay together in the batches of a training set."""
    if train.sampling or train.reservoir:
        return
    if not train.shuffle:
        why = "the labels are sorted and the set is not shuffled: each batch is of one class"
        yield PathError("PN043", ("data", TRAIN), why, hint="write shuffle: true")
    reach = buffer_of(train.shuffle)
    if reach is not None:
        why = f"the labels are sorted, and a buffer of {reach:,} mixes neighbours only"
        yield PathError(
            "PN043", ("data", TRAIN), why, hint="write shuffle: true, or shuffle: block"
        )
