"""What a training needs before its first step: nets, sets, optimizer and rate, from one spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from protonet.errors import PathError, PathErrors
from protonet.lr_policy import LR_POLICIES, Schedule
from protonet.net import Net
from protonet.optim import OPTIMIZERS, Optimizer
from protonet.run.durations import timed
from protonet.run.factors import factored
from protonet.run.machine import (
    choose_device,
    choose_layout,
    set_deterministic,
    set_threads,
    this_machine,
)
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import Spec, located
from protonet.snapshot import Evaluation, Machine
from protonet.spec.data import TRAIN, DataSpec, deciding_set, evaluation_sets
from protonet.spec.solver import SolverSpec, TimedSolver


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
        optimizer: the update rule, over `net.learnable` with the factors of `solver.params`.
        rate: from an iteration to its learning rate.
    """

    spec: Spec
    solver: TimedSolver
    durations: tuple[str, ...]
    machine: Machine
    net: Net
    tests: Mapping[str, Net]
    sets: Mapping[str, OpenSet]
    optimizer: Optimizer
    rate: Schedule

    @property
    def train_set(self) -> OpenSet:
        """The set that is trained on."""
        return self.sets[TRAIN]

    @property
    def samples(self) -> int:
        """Samples of one iteration."""
        return self.train_set.spec.batch_size * self.solver.iter_size

    @property
    def evaluation(self) -> Evaluation:
        """What belongs to the weights: how evaluation prepares a sample, and the class names."""
        return evaluation_of(self.sets[deciding_set(self.sets) or TRAIN])


def prepare(
    spec: Spec,
    before: Machine | None,
    say: Callable[[str], object],
    status: Callable[[str], None] = lambda text: None,
) -> Job:
    """Put a training together.

    Args:
        spec: the spec.
        before: what the run that is resumed computed with, or None.
        say: takes what a person must know about the data.
        status: takes how far a download is, as a line that the next one replaces.

    Raises: SpecError with everything that does not fit; DeviceError if the device is not there.
    """
    with located(spec):
        written = required_solver(spec)
        device, threads = choose_device(written, before), set_threads(written, before)
        net = _trainable_net(spec, written, device, choose_layout(written, before))
        slots = factored(net, written.params)
        tests = test_nets(spec, net)
        sets = open_sets(spec, {TRAIN: net, **tests}, say, status)
        solver, durations = _timed(written, sets[TRAIN])
    set_deterministic(solver.deterministic)
    rule, policy = solver.optimizer, solver.lr_policy
    return Job(
        spec=spec,
        solver=solver,
        durations=tuple(durations),
        machine=this_machine(
            device, threads, channels_last=net.memory_format is torch.channels_last
        ),
        net=net,
        tests=tests,
        sets=sets,
        optimizer=OPTIMIZERS[rule.type].build(rule.params, slots),
        rate=LR_POLICIES[policy.type].build(policy.params, solver.base_lr, solver.max_iter),
    )


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


def evaluation_of(opened: OpenSet) -> Evaluation:
    """Return how evaluation prepares a sample of this set, and what its classes are called."""
    first = opened.first
    return Evaluation(
        input=first.image,
        shape=first.pipeline.shape,
        transform=tuple(first.pipeline.describe()),
        channels=first.channels,
        classes=opened.classes,
    )


def _test_net(net: Net, data: DataSpec) -> Net:
    return net.in_phase("test", (data.stage,) if data.stage else ())


def _trainable_net(spec: Spec, solver: SolverSpec, device: str, channels_last: bool | None) -> Net:
    """Return the net in phase train.

    Raises: PathError if it has no loss or nothing to train; PathErrors for what cannot be built.
    """
    seed = solver.random_seed
    net = Net(spec.net, "train", seed=seed, device=device, channels_last=channels_last)
    if not net.loss_terms:
        raise PathError("PN029", ("net", "layers"), "no loss is left in phase train")
    if not net.learnable:
        raise PathError("PN029", ("net", "layers"), "no parameter is left to train")
    return net
