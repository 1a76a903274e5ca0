"""Which update changes what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from protonet.errors import PathErrors
from protonet.net import Net
from protonet.net.checkpointing import Checkpointed
from protonet.optim.torch_rule import TorchRule
from protonet.run.durations import timed
from protonet.run.rules import Rule, aims, rules, unchanged
from protonet.spec.solver import SolverSpec, TimedSolver
from tests.spec.test_solver import solver_of
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [4]}
  layers:
    - {name: one, type: InnerProduct, num_output: 3}
    - {name: two, type: InnerProduct, bottom: data, num_output: 3}
    - {name: apart, type: EuclideanLoss, bottom: [one, two]}
    - {name: size, type: Reduction, operation: ASUM, axis: 0, bottom: two, loss_weight: 0.5}
"""
BOTH = "{losses: [apart], params: [one], optimizer: {type: SGD}}"


def made(more: str) -> tuple[SolverSpec, Net]:
    return solver_of(f"base_lr: 0.1, max_iter: 10, {more}"), Net(spec_of(NET).net)


def ready(solver: SolverSpec) -> TimedSolver:
    found, _ = timed(solver, records=100, samples=10)
    return found


def told(more: str) -> list[tuple[str, str, str]]:
    solver, net = made(more)
    with pytest.raises(PathErrors) as caught:
        rules(ready(solver), aims(solver, net, net.learnable), None)
    return [
        (one.code, ".".join(map(str, one.path)), f"{one.why}|{one.hint}")
        for one in caught.value.errors
    ]


def test_one_update_minimises_all_and_changes_all() -> None:
    solver, net = made("momentum: 0.9")
    (aim,) = aims(solver, net, net.learnable)
    assert (aim.module, aim.terms, aim.alone) == (net.graph_module, net.loss_terms, True)
    assert [slot.name for slot in aim.slots] == [slot.name for slot in net.learnable]
    (rule,) = rules(ready(solver), [aim], None)
    assert sorted(rule.optimizer.state()) == sorted(f"history/{slot.name}" for slot in aim.slots)


def test_several_updates_each_have_their_losses_parameters_rule_and_rate() -> None:
    solver, net = made(
        "lr_policy: {type: exp, gamma: 0.5}, updates: ["
        "{losses: [apart], params: ['one/*'], optimizer: {type: SGD, momentum: 0.5}}, "
        "{losses: [size], params: [two], optimizer: {type: optim.AdamW}, base_lr: 0.4, every: 3,"
        " lr_policy: fixed}]"
    )
    first, second = aims(solver, net, net.learnable)
    assert [term.output for term in (*first.terms, *second.terms)] == ["apart", "size"]
    assert [slot.name for slot in first.slots] == ["one/weight", "one/bias"]
    assert [slot.name for slot in second.slots] == ["two/weight", "two/bias"]
    assert (first.alone, second.alone) == (False, False)
    one, other = rules(ready(solver), [first, second], None)
    assert (one.every, other.every) == (1, 3)
    assert [one.rate(1), other.rate(1)] == pytest.approx([0.05, 0.4])
    assert isinstance(other.optimizer, TorchRule)
    x = torch.randn(2, 4, generator=torch.Generator().manual_seed(1))
    outputs: dict[str, Any] = second.module(x)
    assert [*outputs] == ["size"]
    assert not hasattr(second.module, "one")  # what the loss does not need is not computed


def test_losses_and_parameters_that_do_not_exist_are_named() -> None:
    more = "updates: [{losses: [apar], params: [on, 'two/*'], optimizer: {type: SGD}}]"
    assert told(more) == [
        (
            "PN014",
            "solver.updates.0.losses.0",
            "no loss of phase train has such a name|did you mean apart?",
        ),
        (
            "PN029",
            "solver.updates",
            "no update minimises apart, size|name it in one of them, or give it loss_weight: 0",
        ),
        (
            "PN014",
            "solver.updates.0.params.0",
            "no parameter that is trained has such a name|did you mean one?",
        ),
    ]


def test_a_parameter_belongs_to_one_update() -> None:
    more = f"updates: [{BOTH}, {{losses: [size], params: ['*'], optimizer: {{type: SGD}}}}]"
    assert told(more) == [
        (
            "PN015",
            "solver.updates.1.params",
            "update 1 changes one/weight and 1 more already|each parameter belongs to one update",
        )
    ]


def test_what_torch_refuses_of_these_parameters_is_told() -> None:
    found = told("optimizer: {type: optim.Muon}")
    assert [(code, place) for code, place, _ in found] == [("PN013", "solver.optimizer")]
    assert found[0][2].startswith("torch refuses this: Muon")


def test_a_rule_is_made_in_every_iteration_unless_it_says_otherwise() -> None:
    solver, net = made("")
    (rule,) = rules(ready(solver), aims(solver, net, net.learnable), None)
    assert replace(rule) == Rule(rule.optimizer, rule.rate, every=1, plateau=None)


def test_parts_may_be_checkpointed() -> None:
    solver, net = made("checkpoint: [one, 'tw?']")
    (aim,) = aims(solver, net, net.learnable)
    assert sum(isinstance(part, Checkpointed) for part in aim.module.modules()) == 2
    assert told("checkpoint: [on]") == [
        (
            "PN014",
            "solver.checkpoint.0",
            "no layer or instance of a block has such a name|did you mean one?",
        )
    ]


def test_parameters_that_no_update_changes_are_told() -> None:
    solver, net = made(
        "updates: [{losses: [apart, size], params: [one/bias], optimizer: {type: SGD}}]"
    )
    aimed = aims(solver, net, net.learnable)
    (text,) = unchanged(aimed, net)
    assert text == "no update changes one/weight, two/weight, two/bias"
    whole, net = made("")
    assert [*unchanged(aims(whole, net, net.learnable), net)] == []
