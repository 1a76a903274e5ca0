"""The updates of a run: which losses change which parameters, by which rule, at which rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from torch import fx, nn

from protonet.errors import Path, PathError, PathErrors
from protonet.net import Net
from protonet.net.adding import Parted
from protonet.net.checkpointing import checkpointed, part_of
from protonet.net.form import LossTerm
from protonet.net.trained import as_trained
from protonet.optim import OPTIMIZERS, Evaluating, Optimizer, Slot
from protonet.optim.bridge import torch_rule
from protonet.optim.torch_rule import TorchRule
from protonet.optim.torch_schedule import Plateau
from protonet.records import shortened, suggestion
from protonet.run.deciding import Deciding
from protonet.run.factors import names_of
from protonet.run.rates import is_plateau, plateau_of, rate_of, warmed
from protonet.spec.optimizer import OptimizerSpec
from protonet.spec.policy import LrPolicySpec
from protonet.spec.solver import SolverSpec, TimedSolver
from protonet.spec.torch_class import OPTIM
from protonet.spec.updates import UpdateSpec, is_meant
from protonet.step.update import Rate

_SHOWN = 5
"""Names of parameters that a line shows."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What one of the updates minimises, and what it changes.

    Attributes:
        module: the net, as far as the losses need it.
        terms: the losses.
        slots: the parameters.
        alone: whether these losses lead to no other parameter that is trained.
        parted: the same of a part of every batch, where several processes share them.
    """

    module: nn.Module
    terms: tuple[LossTerm, ...]
    slots: tuple[Slot, ...]
    alone: bool = True
    parted: Parted | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How one of the updates changes its parameters.

    Attributes:
        optimizer: the update rule.
        rate: from an iteration to its learning rate.
        every: it is made in every so many-th iteration.
        plateau: what lowers the rate when the tests no longer get better, where that is its policy.
    """

    optimizer: Optimizer | Evaluating
    rate: Rate
    every: int = 1
    plateau: Plateau | None = None


def aims(
    solver: SolverSpec, net: Net, slots: Sequence[Slot], *, parted: bool = False
) -> tuple[Aim, ...]:
    """Return what each of the updates is for; one for all where the spec has none of its own.

    Args:
        solver: the solver section.
        net: in phase train.
        slots: what is trained, with the factors of `solver.params`.
        parted: whether several processes share every batch.

    Raises: PathErrors naming losses and patterns that fit nothing, parameters that two updates
        would change, and losses that cannot be made up of those of parts.
    """
    errors = [*_idle_checkpoints(solver, net)]
    if not solver.updates:
        if errors:
            raise PathErrors(errors)
        module = _for_training(net.graph_module, solver, net)
        parts = _parted(net.outputs, solver, net) if parted else None
        return (Aim(module, net.loss_terms, tuple(slots), parted=parts),)
    errors += _strange_losses(solver.updates, net)
    chosen = [_chosen(update, net, slots) for update in solver.updates]
    errors += _idle_patterns(solver.updates, net, slots)
    errors += _disputed(chosen)
    if errors:
        raise PathErrors(errors)
    made = [_aim(place, solver, net, slots) for place, slots in enumerate(chosen)]
    if not parted:
        return tuple(made)
    outputs = [_outputs(place, solver, net) for place in range(len(made))]
    return tuple(
        replace(aim, parted=_parted(names, solver, net))
        for aim, names in zip(made, outputs, strict=True)
    )


def unchanged(aimed: Sequence[Aim], net: Net) -> Iterator[str]:
    """Yield a text where there are parameters that could be trained, and that no update changes."""
    changed = {slot.name for aim in aimed for slot in aim.slots}
    idle = [slot.name for slot in net.learnable if slot.name not in changed]
    if idle:
        more = f" and {len(idle) - _SHOWN:,} more" if len(idle) > _SHOWN else ""
        yield f"no update changes {', '.join(idle[:_SHOWN])}{more}"


def rules(solver: TimedSolver, aimed: Sequence[Aim], decides: Deciding | None) -> tuple[Rule, ...]:
    """Return how each of the updates works.

    Args:
        solver: the solver section.
        aimed: what each of the updates is for.
        decides: what a plateau looks at.

    Raises: PathErrors for what an optimizer or a scheduler of torch refuses.
    """
    made: list[Rule] = []
    errors: list[PathError] = []
    for plan, aim in zip(_plans(solver), aimed, strict=True):
        try:
            made.append(_rule(plan, solver, aim, decides))
        except PathError as error:
            errors.append(error)
    if errors:
        raise PathErrors(errors)
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the spec says of one update, and where its rule and its policy stand."""

    optimizer: OptimizerSpec
    policy: LrPolicySpec
    base_lr: float
    every: int
    optimizer_place: Path
    policy_place: Path


def _plans(solver: TimedSolver) -> Iterator[_Plan]:
    top: Path = ("solver", "lr_policy")
    if not solver.updates:
        place: Path = ("solver", "optimizer")
        yield _Plan(solver.optimizer, solver.lr_policy, solver.base_lr, 1, place, top)
    for number, update in enumerate(solver.updates):
        path: Path = ("solver", "updates", number)
        yield _Plan(
            update.optimizer,
            update.lr_policy or solver.lr_policy,
            update.base_lr or solver.base_lr,
            update.every,
            (*path, "optimizer"),
            (*path, "lr_policy") if update.lr_policy else top,
        )


def _rule(plan: _Plan, solver: TimedSolver, aim: Aim, decides: Deciding | None) -> Rule:
    optimizer = _optimizer(plan.optimizer, aim.slots, plan.optimizer_place)
    if is_plateau(plan.policy):
        plateau = plateau_of(plan.policy, plan.base_lr, decides, plan.policy_place)
        return Rule(optimizer, warmed(plan.policy, plateau), plan.every, plateau)
    steers = optimizer.optimizer if isinstance(optimizer, TorchRule) else None
    rate = rate_of(plan.policy, plan.base_lr, solver.max_iter, steers, plan.policy_place)
    return Rule(optimizer, rate, plan.every)


def _optimizer(rule: OptimizerSpec, slots: Sequence[Slot], path: Path) -> Optimizer | Evaluating:
    if not rule.type.startswith(OPTIM.prefix):
        return OPTIMIZERS[rule.type].build(rule.params, slots)
    try:
        return torch_rule(OPTIM.kind(rule.type), rule.params, slots)
    except (TypeError, ValueError, RuntimeError) as error:  # what torch finds out of parameters
        text = str(error).splitlines()[0]
        raise PathError("PN013", path, f"torch refuses this: {text}") from error


def _aim(place: int, solver: SolverSpec, net: Net, slots: Sequence[Slot]) -> Aim:
    """Return what an update is for; what is measured besides is given by the first."""
    terms = tuple(term for term in net.loss_terms if term.output in solver.updates[place].losses)
    module = net.giving(_outputs(place, solver, net))
    return Aim(_for_training(module, solver, net), terms, tuple(slots), alone=False)


def _outputs(place: int, solver: SolverSpec, net: Net) -> list[str]:
    """Return what the net gives for an update."""
    losses = [term.output for term in net.loss_terms]
    besides = [name for name in net.outputs if name not in losses] if place == 0 else []
    return [*(name for name in losses if name in solver.updates[place].losses), *besides]


def parted_net(place: int, solver: SolverSpec, net: Net) -> Parted:
    """Return the net of a part of a batch, as the update at this place needs it.

    Raises: PathErrors for losses that cannot be made up of those of parts.
    """
    outputs = _outputs(place, solver, net) if solver.updates else list(net.outputs)
    return _parted(outputs, solver, net)


def _parted(outputs: Iterable[str], solver: SolverSpec, net: Net) -> Parted:
    made = Parted(net, outputs, acting=not solver.updates)
    made.graph = _for_training(made.graph, solver, net)
    return made


def _for_training(module: fx.GraphModule, solver: SolverSpec, net: Net) -> fx.GraphModule:
    """Return the net as it is trained: with kernels fused, unless each layer is to be looked at,
    and with the parts that `solver.checkpoint` names checkpointed."""
    if solver.debug_info:
        return module
    if not solver.checkpoint:
        return as_trained(module)
    named = zip(net.modules(), net.wiring.nodes, strict=True)
    layers = {id(module): node.layer.name for module, node in named}
    return checkpointed(module, layers, solver.checkpoint)


def _idle_checkpoints(solver: SolverSpec, net: Net) -> Iterator[PathError]:
    names = [node.layer.name for node in net.wiring.nodes]
    for place, pattern in enumerate(solver.checkpoint):
        if not any(part_of(name, [pattern]) for name in names):
            path = ("solver", "checkpoint", place)
            why = "no layer or instance of a block has such a name"
            known = {*names, *(name.split("/")[0] for name in names)}
            hint = suggestion(pattern, known)
            yield PathError("PN014", path, why, got=shortened(pattern), hint=hint)


def _chosen(update: UpdateSpec, net: Net, slots: Sequence[Slot]) -> list[Slot]:
    known = names_of(net)
    return [slot for slot in slots if any(update.changes(name) for name in known[id(slot.tensor)])]


def _strange_losses(updates: Sequence[UpdateSpec], net: Net) -> Iterator[PathError]:
    known = [term.output for term in net.loss_terms]
    named = {loss for update in updates for loss in update.losses}
    for number, update in enumerate(updates):
        for place, loss in enumerate(update.losses):
            if loss not in known:
                path = ("solver", "updates", number, "losses", place)
                why = "no loss of phase train has such a name"
                hint = suggestion(loss, known)
                yield PathError("PN014", path, why, got=shortened(loss), hint=hint)
    if idle := [loss for loss in known if loss not in named]:
        why = f"no update minimises {', '.join(idle)}"
        hint = "name it in one of them, or give it loss_weight: 0"
        yield PathError("PN029", ("solver", "updates"), why, hint=hint)


def _idle_patterns(
    updates: Sequence[UpdateSpec], net: Net, slots: Sequence[Slot]
) -> Iterator[PathError]:
    names = names_of(net)
    trained = [name for slot in slots for name in names[id(slot.tensor)]]
    known = {*trained, *(name.rpartition("/")[0] for name in trained)}
    for number, update in enumerate(updates):
        for place, pattern in enumerate(update.params):
            if not any(is_meant(name, pattern) for name in trained):
                path = ("solver", "updates", number, "params", place)
                why = "no parameter that is trained has such a name"
                hint = suggestion(pattern, known)
                yield PathError("PN014", path, why, got=shortened(pattern), hint=hint)


def _disputed(chosen: Sequence[Sequence[Slot]]) -> Iterator[PathError]:
    """Yield the first parameter that an earlier update changes already, for each update."""
    taken: dict[str, int] = {}
    for number, slots in enumerate(chosen):
        twice = [slot.name for slot in slots if slot.name in taken]
        taken |= {slot.name: number for slot in slots if slot.name not in taken}
        if twice:
            path = ("solver", "updates", number, "params")
            more = f" and {len(twice) - 1:,} more" * (len(twice) > 1)
            why = f"update {taken[twice[0]] + 1} changes {twice[0]}{more} already"
            yield PathError("PN015", path, why, hint="each parameter belongs to one update")
