"""What `solver.params` freezes, or trains again, when a run goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn, optim

from protonet.net import Net
from protonet.optim import Evaluating, Optimizer
from protonet.optim.torch_rule import TorchRule
from protonet.run.factors import names_of
from protonet.run.job import Job
from protonet.spec.updates import FactorSpec, factors

_KEPT = re.compile(r"(?:\d+/)?(?:history2?|state)/")
"""What stands in a snapshot before the name of a parameter that an update rule remembers."""
_SHOWN = 3
"""Names of parameters that a text shows."""


def refrozen(
    before: Mapping[str, Any], now: Mapping[str, Any], job: Job, state: Mapping[str, Tensor]
) -> Iterator[str]:
    """Yield a text for what cannot be frozen, or trained again, from here on.

    What an update rule remembers is of the parameters that it changes. Those of torch begin with
    the first gradient of each, so they take one that joins. SGD with a momentum does not, for it
    must begin with all of a group, nor does LBFGS, whose memory is one vector over all of them.

    Args:
        before: the solver section as plain data that the snapshot was made under.
        now: as it now stands.
        job: the training as the spec now stands.
        state: what the snapshot holds beside the weights.
    """
    then, here = (_trained(job.net, section) for section in (before, now))
    rules = {
        slot.name: rule for aim, rule in zip(job.aims, job.rules, strict=True) for slot in aim.slots
    }
    whole = any(isinstance(rule.optimizer, Evaluating) for rule in job.rules)
    remembered = [key for key in state if _KEPT.match(key)]
    frozen = [one for one in then if one not in here and (whole or _is_of(one, remembered))]
    if frozen:
        yield f"solver.params freezes {_listed(frozen)}, which the update rule remembers"
    freed = [
        one
        for one in here
        if one not in then and one in rules and _needs_history(rules[one].optimizer, one)
    ]
    if freed:
        yield f"solver.params trains {_listed(freed)} again, which the update rule does not know"


def _trained(net: Net, solver: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters that a solver section trains."""
    rules = [FactorSpec.model_validate(one) for one in solver.get("params") or ()]
    store, known = net.store, names_of(net)
    owners = dict.fromkeys(
        store.sharing.owner(node.layer.name, name)
        for node in net.wiring.all_nodes()
        for name in net.params.get(node.layer.name, ())
        if not node.layer.frozen
    )
    return [
        owner
        for owner in owners
        if isinstance(store.tensors[owner], nn.Parameter) and store.sharing.learns(owner)
        if factors(rules, known[id(store.tensors[owner])]).lr_mult != 0
    ]


def _needs_history(rule: Optimizer | Evaluating, name: str) -> bool:
    """Return whether a rule cannot go on without something of this parameter."""
    if isinstance(rule, TorchRule):
        return isinstance(rule.optimizer, optim.SGD) and rule.optimizer.defaults["momentum"] != 0
    return isinstance(rule, Evaluating) or _is_of(name, rule.state())


def _is_of(parameter: str, keys: Iterable[str]) -> bool:
    bare = (_KEPT.sub("", key, count=1) for key in keys)
    return any(one == parameter or one.startswith(f"{parameter}/") for one in bare)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
