"""What a training needs before its first step: nets, sets, optimizer and rate, from one spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from protonet.data.order import Share
from protonet.distributed.group import ALONE, Group
from protonet.distributed.sharding import Sharding
from protonet.errors import PathError, PathErrors
from protonet.net import Net
from protonet.run.choice import Choice
from protonet.run.deciding import Deciding, deciding, unwatched
from protonet.run.durations import timed
from protonet.run.evaluation import evaluation_of
from protonet.run.heap import keep_freed_memory
from protonet.run.machine import (
    choose_compilation,
    choose_device,
    choose_layout,
    set_deterministic,
    set_threads,
    this_machine,
)
from protonet.run.micro_batches import check_alone, check_splits, micro_batch
from protonet.run.parts import unshared
from protonet.run.precision import arithmetic, loss_scale, set_tensor_cores
from protonet.run.rules import Aim, Rule, rules, unchanged
from protonet.run.sets import OpenSet, open_sets
from protonet.run.sharding import aims_of, averaged
from protonet.run.tuning import Trial, tune
from protonet.schema import Spec, located
from protonet.snapshot import Evaluation, Machine
from protonet.spec.data import TRAIN, DataSpec, deciding_set, evaluation_sets
from protonet.spec.net import BATCH
from protonet.spec.solver import SolverSpec, TimedSolver
from protonet.step.average import Average
from protonet.step.micro import MicroBatch
from protonet.step.scale import LossScale

Tell = Callable[[str], None]
"""Takes a line for a person."""

_IMAGE_AXES = 3
"""Axes of an image without the batch axis."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training, put together.

    Attributes:
        spec: what it was made from.
        solver: its solver section, every length in iterations.
        durations: for each length that was given in epochs, what it came to.
        machine: what it computes with.
        net: the net in phase train.
        tests: for each evaluation set, the net in phase test that measures it.
        sets: every set by name, `train` among them.
        aims, rules: what each of the updates of an iteration is for, and how it works.
        deciding: what the best weights are known by.
        scale: what scales the loss, of float16.
        average: the average of the weights, where one is kept.
        group: the processes that train together.
        micro: how many samples are computed at once; None: always a whole batch.
        sharding: of parameters that the processes share out; None: each has all of them.
    """

    spec: Spec
    solver: TimedSolver
    durations: tuple[str, ...]
    machine: Machine
    net: Net
    tests: Mapping[str, Net]
    sets: Mapping[str, OpenSet]
    aims: tuple[Aim, ...]
    rules: tuple[Rule, ...]
    deciding: Deciding | None = None
    scale: LossScale | None = None
    average: Average | None = None
    group: Group = ALONE
    micro: MicroBatch | None = None
    sharding: Sharding | None = None

    @property
    def train_set(self) -> OpenSet:
        """The set that is trained on."""
        return self.sets[TRAIN]

    @property
    def samples(self) -> int:
        """Samples of one iteration."""
        return self.train_set.spec.batch_size * self.solver.iter_size

    @property
    def share(self) -> float:
        """The part of every batch, 0 to 1, that this process gets."""
        size = self.train_set.spec.batch_size
        return Share(self.group.rank, self.group.count).size(size) / size

    @property
    def machine_now(self) -> Machine:
        """What it computes with by now: parts of a batch shrink when memory runs out."""
        size = self.micro.size if self.micro else None
        return self.machine.model_copy(update={"micro_batch": size})

    @contextmanager
    def as_tested(self) -> Iterator[None]:
        """Give the nets, within the block, the arithmetic of training, and the average of the
        weights where one is kept."""
        averaged = self.average.swapped() if self.average else nullcontext()
        with averaged, self.assembled(), arithmetic(self.solver.precision, self.net.device):
            yield

    def assembled(self, *, changes: bool = False) -> AbstractContextManager[None]:
        """Give the nets, within the block, all of parameters that are shared out.

        Args:
            changes: whether they may be changed there, in the same way in each process.
        """
        return self.sharding.assembled(changes=changes) if self.sharding else nullcontext()

    def tensors(self) -> dict[str, Tensor]:
        """Return every parameter and statistic, `layer/parameter`; this process's part of those
        that are shared out."""
        named = self.net.named_tensors()
        return self.sharding.own(named) if self.sharding else named

    @property
    def evaluation(self) -> Evaluation:
        """What belongs to the weights: how evaluation prepares a sample, and the class names."""
        return evaluation_of(self.sets[deciding_set(self.sets) or TRAIN])


def prepare(
    spec: Spec,
    before: Machine | None,
    say: Tell,
    status: Tell = lambda text: None,
    group: Group = ALONE,
) -> Job:
    """Put a training together.

    Args:
        spec: the spec.
        before: what the run that is resumed computed with, or None.
        say: takes what a person must know about the data.
        status: takes how far a download is, as a line that the next one replaces.
        group: the processes that train together.

    Raises: SpecError with everything that does not fit; DeviceError if the device is not there.
    """
    with located(spec):
        job = _job(spec, before, (say, status), group)
    set_deterministic(job.solver.deterministic)
    set_tensor_cores(job.solver.precision)
    return job


def _job(spec: Spec, before: Machine | None, tell: tuple[Tell, Tell], group: Group) -> Job:
    say, status = tell
    written = required_solver(spec)
    device = choose_device(written, before, group)
    keep_freed_memory()
    choice = group.from_first(lambda: _chosen(spec, written, device, before, say, group))
    torch.set_num_threads(choice.threads)
    check_alone(written, group)
    net = trainable_net(spec, written, device, choice.channels_last)
    aimed, sharding = aims_of(written, net, group)
    for text in unchanged(aimed, net):
        say(f"note: {text}")
    tests = test_nets(spec, net)
    _check_shared(net, tests.values(), spec.data[TRAIN], group)
    decides = deciding(tests, written.best)
    for text in unwatched(written, decides):
        say(f"note: {text}")
    opened = open_sets(spec, {TRAIN: net, **tests}, say, status)
    sets = {name: replace(one, group=group) for name, one in opened.items()}
    solver, durations = _timed(written, sets[TRAIN])
    return Job(
        spec=spec,
        solver=solver,
        durations=tuple(durations),
        machine=this_machine(device, choice, net.memory_format, group),
        net=net,
        tests=tests,
        sets=sets,
        aims=aimed,
        rules=rules(solver, aimed, decides),
        deciding=decides,
        scale=loss_scale(solver.precision, net.device),
        average=averaged(net, solver.ema, sharding),
        group=group,
        micro=micro_batch(solver, before),
        sharding=sharding,
    )


def _check_shared(net: Net, tests: Iterable[Net], data: DataSpec, group: Group) -> None:
    errors = [] if group.is_alone else list(unshared(net, tests, data, group))
    if errors:
        raise PathErrors(errors)


def _chosen(
    spec: Spec,
    solver: SolverSpec,
    device: str,
    before: Machine | None,
    say: Callable[[str], object],
    group: Group,
) -> Choice:
    """Return how the net computes: as the spec asks, else as before, else as is fastest or usual.

    Raises: PathErrors for a net that cannot be built; PathError for threads that cannot be.
    """
    given = Choice(
        choose_layout(solver, before),
        set_threads(solver, before, group),
        choose_compilation(solver, before),
    )
    if solver.tune != "auto" or before is not None:
        return given
    images = any(len(one.shape) == _IMAGE_AXES for one in spec.net.inputs.values())
    fields = ["compile", *(["channels_last"] if images else [])]
    fields += ["threads"] if group.is_alone else []  # else the processes share the cores
    trial = Trial(
        net=spec.net,
        device=device,
        precision=solver.precision,
        sizes={BATCH: max(spec.data[TRAIN].batch_size // group.count, 1)},
        length=solver.max_iter,
        free=frozenset(field for field in fields if getattr(solver, field) is None),
    )
    choice = tune(trial, given, say)
    torch.set_num_threads(choice.threads)
    return choice


def _timed(solver: SolverSpec, train: OpenSet) -> tuple[TimedSolver, list[str]]:
    return timed(solver, len(train), train.spec.batch_size * solver.iter_size)


def required_solver(spec: Spec) -> SolverSpec:
    """Return the solver section of a spec that also has data to train on.

    Raises: PathError naming the section that is missing.
    """
    if TRAIN not in spec.data:
        raise PathError("PN042", ("data",), "there is no data.train to train on")
    if spec.solver is None:
        raise PathError("PN042", ("solver",), "there is no section solver")
    return spec.solver


def test_nets(spec: Spec, net: Net) -> dict[str, Net]:
    """Return the net in phase test for each evaluation set, around the parameters of `net`.

    Raises: PathErrors naming every set of which nothing would be measured.
    """
    nets = {name: _test_net(net, data) for name, data in evaluation_sets(spec.data).items()}
    why = "nothing is measured on this set: no loss or metric is left in phase test"
    idle = [PathError("PN029", ("data", key), why) for key in nets if not nets[key].measured]
    if idle:
        raise PathErrors(idle)
    return nets


def _test_net(net: Net, data: DataSpec) -> Net:
    return net.in_phase("test", (data.stage,) if data.stage else ())


def trainable_net(spec: Spec, solver: SolverSpec, device: str, channels_last: bool | None) -> Net:
    """Return the net in phase train.

    Raises: PathError if it has no loss or nothing to train; PathErrors for what cannot be built.
    """
    seed = solver.random_seed
    net = Net(spec.net, "train", seed=seed, device=device, channels_last=channels_last)
    if not net.loss_terms:
        raise PathError("PN029", ("net", "layers"), "no loss is left in phase train")
    if not net.learnable:
        raise PathError("PN029", ("net", "layers"), "no parameter is left to train")
    check_splits(solver, net)
    return net
