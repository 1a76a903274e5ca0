"""What the processes of tests/test_sharded.py do: `python -m tests.sharing WORK` starts two, and is
what each of them runs."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from protonet.distributed.group import Group, joined
from protonet.distributed.launch import launch
from protonet.distributed.place import is_member
from protonet.run.job import Job, prepare
from protonet.run.remembered import put_back, state_of, weights_of
from protonet.run.updating import updates_of
from protonet.schema import load_spec
from tests.small import SPEC

Given = Mapping[str, Tensor]

RULES = (
    *("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"),
    *("optim.SGD", "optim.Adam", "optim.AdamW", "optim.Adamax", "optim.NAdam", "optim.RAdam"),
    *("optim.Adagrad", "optim.Adadelta", "optim.ASGD", "optim.RMSprop", "optim.Rprop"),
)


def job_of(group: Group, parallel: str, changes: Mapping[str, str]) -> Job:
    """Put the small training together, with some texts of its spec replaced."""
    text = SPEC.format(max_iter=10, more=f", parallel: {parallel}")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = Path(f"{parallel}_{group.rank}.yaml")
    path.write_text(text)
    return prepare(load_spec(path), None, lambda text: None, group=group)


def trained(job: Job, steps: int) -> None:
    """Make some updates."""
    (update,) = updates_of(job, lambda: 0)
    flag = torch.zeros(())
    feed = job.train_set.feed(job.net, endless=True, seed=3)
    with feed.reader:
        for _ in range(steps):
            update.make(islice(feed, 1), 0.01, flag)
    assert not flag.item()


def left(job: Job) -> dict[str, Tensor]:
    """Return all of what is trained and remembered."""
    own = state_of(job, everywhere=True)
    weights = job.tensors()
    whole = job.sharding.whole(weights, everywhere=True) if job.sharding else weights
    return {name: one.detach().clone() for name, one in {**whole, **own}.items()}


def rules(group: Group) -> None:
    """Every rule changes and remembers what it does where each process has all; and its state can
    be put back."""
    for rule in RULES:
        plain = {"Dropout": "ReLU", "momentum: 0.9": f"optimizer: {rule}"}
        jobs = [job_of(group, parallel, plain) for parallel in ("ddp", "fsdp")]
        for job in jobs:
            trained(job, 3)
        expected, found = map(left, jobs)
        assert found.keys() == expected.keys(), rule
        for name, one in expected.items():
            torch.testing.assert_close(found[name], one, rtol=2e-5, atol=2e-7, msg=f"{rule} {name}")
        again = job_of(group, "fsdp", plain)
        weights = group.from_first(lambda done=jobs[1]: dict(done.net.named_tensors()))  # type: ignore[misc]
        weights = {name: found[name] for name in weights}
        state = {name: one for name, one in found.items() if name not in weights}
        put_back(again, weights, state, Path())
        assert all(torch.equal(one, found[name]) for name, one in left(again).items()), rule


WIDE = MappingProxyType({"num_output: 5": "num_output: 100001"})
"""The net with 1,000,013 numbers; 100,001 rows cannot be halved evenly."""


def memory(group: Group) -> None:
    """Half of the weights, and of what is remembered, lie in each process between two steps."""
    held = {}
    for parallel in ("ddp", "fsdp"):
        job = job_of(group, parallel, {**WIDE, "momentum: 0.9": "type: Adam"})
        trained(job, 2)
        gradients = [slot.tensor for slot in job.net.learnable]
        gradients += [one.shared for one in job.sharding.shards.values()] if job.sharding else []
        for tensor in gradients:
            tensor.grad = None
        held[parallel] = bytes_held()
        assert len(weights_of(job)) == (4 if group.is_first or parallel == "ddp" else 0)
        del job
    Path(f"held_{group.rank}.json").write_text(json.dumps(held))


def bytes_held() -> int:
    """Return the bytes of all tensors that this process has."""
    gc.collect()
    storages = {}
    for one in gc.get_objects():
        if type(one) in (Tensor, torch.nn.Parameter) and one.device.type == "cpu":
            storage = one.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


WORK: Mapping[str, Callable[[Group], None]] = MappingProxyType({"rules": rules, "memory": memory})


def main(work: str) -> int:
    """Start the processes, or be one of them; return the exit code."""
    if not is_member(os.environ):
        return launch([sys.executable, "-m", "tests.sharing", work], 2, "")
    with joined() as group:
        WORK[work](group)
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    left = [name for name in names if "gloo" in name or "tcpstore" in name]
    assert not left, f"threads of the group that outlive it, until Python's end aborts: {left}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
