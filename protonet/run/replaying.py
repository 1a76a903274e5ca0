"""Makes the step of a replay again, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from protonet.distributed.group import Group
from protonet.errors import SnapshotError
from protonet.net import Net
from protonet.run.choice import Choice
from protonet.run.deciding import deciding
from protonet.run.durations import timed
from protonet.run.factors import factored
from protonet.run.inspection import Inspection
from protonet.run.job import Job, required_solver, test_nets
from protonet.run.loading import load
from protonet.run.machine import set_threads, this_machine
from protonet.run.micro_batches import micro_batch
from protonet.run.nonfinite import TRIED, Fed, first_fault, unseen
from protonet.run.precision import loss_scale
from protonet.run.remembered import put_back
from protonet.run.replay import SPEC, Replay, read_replay
from protonet.run.rules import aims, rules
from protonet.run.updating import updates_of
from protonet.schema import Spec, located
from protonet.solver import seed_generators
from protonet.spec.solver import Precision
from protonet.step.objective import Batch


@dataclass(frozen=True, slots=True)
class Change:
    """What an update does to a parameter, or to all together.

    Attributes:
        before: the L2 norm of the numbers before.
        change: that of what is added to them.
        largest: the largest magnitude of what is added to one of them.
    """

    before: float
    change: float
    largest: float


@dataclass(frozen=True, slots=True)
class Replayed:
    """A step that was made again.

    Attributes:
        precision: what it was computed in.
        seen: what was seen of it.
        told: what was not finite first, in words; empty where all was finite.
        changes: what the update does, by parameter; empty where it was not applied.
    """

    precision: Precision
    seen: Inspection
    told: str
    changes: Mapping[str, Change]

    @property
    def is_reproduced(self) -> bool:
        """Whether something was not finite again."""
        return bool(self.told)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A replay and what came of it.

    Attributes:
        name: of what was trained.
        replay: what was written down.
        own: the step in the precision of the run.
        plain: the step in float32, where the run had another precision; else None.
    """

    name: str
    replay: Replay
    own: Replayed
    plain: Replayed | None


def replay_step(path: Path, *, allow_plugins: bool = False) -> Outcome:
    """Make the step of a replay again, in the run's precision and, where that is another, in
    float32.

    Args:
        path: the folder.
        allow_plugins: load the plugins that the spec names only in files it is based on.

    Raises: UsageError if there is no replay; SnapshotError if it is damaged, or its tensors are of
        another net; SpecError if its spec is wrong here.
    """
    replay = read_replay(path)
    spec = load(path / SPEC, allow_plugins=allow_plugins)
    with located(spec):
        precision = required_solver(spec).precision
    own = _replayed(replay, spec, precision, path)
    others = precision not in ("float32", "tf32")  # which a CPU does not tell apart
    plain = _replayed(replay, spec, "float32", path) if others else None
    return Outcome(spec.run_name, replay, own, plain)


def _replayed(replay: Replay, spec: Spec, precision: Precision, path: Path) -> Replayed:
    job = _job(replay, spec, precision)
    batches = _batches(replay, job.net, path)
    state = replay.state
    if job.scale is None:
        state = {name: one for name, one in state.items() if not name.startswith("loss_scale/")}
    put_back(job, replay.weights, state, path)
    iteration = replay.facts.iteration
    seen, told = first_fault(job, iteration, Fed(batches, list(replay.facts.rows)))
    put_back(job, replay.weights, state, path)  # statistics have moved
    changes = _changes(job, replay, batches)
    if not told and not changes and unseen(job) == TRIED:
        told = TRIED
    return Replayed(precision, seen, told, changes)


def _job(replay: Replay, spec: Spec, precision: Precision) -> Job:
    """Return the training on the CPU, without its data."""
    facts = replay.facts
    keys = {"device": "cpu", "compile": False, "precision": precision}
    with located(spec):
        written = required_solver(spec).model_copy(update=keys)
        threads = set_threads(written, facts.machine)
        torch.set_num_threads(threads)
        layout = facts.machine.channels_last
        net = Net(spec.net, "train", seed=facts.seed, device="cpu", channels_last=layout)
        solver, _ = timed(written, facts.records, facts.samples)
        aimed = aims(solver, net, factored(net, solver.params))
        ruled = rules(solver, aimed, deciding(test_nets(spec, net), written.best))
    return Job(
        spec=spec,
        solver=solver,
        durations=(),
        machine=this_machine("cpu", Choice(layout, threads), net.memory_format),
        net=net,
        tests={},
        sets={},
        aims=aimed,
        rules=ruled,
        scale=loss_scale(precision, net.device),
        group=Group(facts.rank),  # by itself, with the random numbers of that process
        micro=micro_batch(solver, facts.machine),
    )


def _batches(replay: Replay, net: Net, path: Path) -> list[Batch]:
    """Return the batches in the order of the net's inputs, laid out as it takes them."""
    missing = sorted({name for name in net.inputs for batch in replay.batches if name not in batch})
    if missing:
        raise SnapshotError(f"{path}: the replay is damaged: its batches lack {', '.join(missing)}")
    return [tuple(_laid_out(batch[name], net) for name in net.inputs) for batch in replay.batches]


def _laid_out(tensor: Tensor, net: Net) -> Tensor:
    own = tensor.clone()
    return own.to(memory_format=net.memory_format) if own.dim() == 4 else own


def _changes(job: Job, replay: Replay, batches: list[Batch]) -> dict[str, Change]:
    """Return what the updates of the step change; nothing where they are not applied."""
    iteration, seed = replay.facts.iteration, job.solver.random_seed
    flag = torch.zeros((), device=job.net.device)
    slots = [slot for aim in job.aims for slot in aim.slots]
    before = {slot.name: slot.tensor.detach().clone() for slot in slots}
    for number, update in enumerate(updates_of(job, lambda: iteration * job.solver.iter_size)):
        if iteration % update.every == 0:
            seed_generators(seed, iteration, job.net.device, number, job.group.rank)
            lr = update.rate(iteration) if number else replay.facts.lr
            update.make(batches, lr, flag)
    if flag.item():
        return {}
    return {slot.name: _change(before[slot.name], slot.tensor.detach()) for slot in slots}


def _change(before: Tensor, after: Tensor) -> Change:
    difference = after - before
    return Change(float(before.norm()), float(difference.norm()), float(difference.abs().max()))


def together(changes: Mapping[str, Change]) -> Change:
    """Return what an update does to all parameters taken as one."""
    return Change(
        sum(one.before**2 for one in changes.values()) ** 0.5,
        sum(one.change**2 for one in changes.values()) ** 0.5,
        max((one.largest for one in changes.values()), default=0.0),
    )
