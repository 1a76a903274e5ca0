"""The words of each refusal are in tests/errors/PN016_fsdp_*."""

from __future__ import annotations

import pytest

from protonet.optim import OPTIMIZERS
from protonet.spec.parallel import unshareable

PLAIN = {
    "parallel": "fsdp",
    "compile": None,
    "tune": "off",
    "channels_last": None,
    "debug_info": False,
    "updates": (),
    "micro_batch": "auto",
}


@pytest.mark.parametrize("rule", [*OPTIMIZERS, "optim.AdamW", "optim.Rprop", "optim.ASGD"])
def test_rules_that_take_each_number_by_itself_can_be_shared_out(rule: str) -> None:
    assert list(unshareable(PLAIN, rule, flat=False)) == []


@pytest.mark.parametrize("rule", ["optim.LBFGS", "optim.Adafactor", "optim.Muon", "optim.X"])
def test_others_are_refused_where_they_are_named(rule: str) -> None:
    for flat, place in ((True, ("type",)), (False, ("optimizer",))):
        (one,) = unshareable(PLAIN, rule, flat=flat)
        assert (one["loc"], one["input"]) == (place, rule)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    keys = {"compile": True, "tune": "auto", "channels_last": True, "micro_batch": 2}
    found = list(unshareable({**PLAIN, **keys}, "SGD", flat=True))
    assert [one["loc"] for one in found] == [(key,) for key in keys][:3] + [("micro_batch",)]


def test_where_each_process_has_all_nothing_is_refused() -> None:
    own = {**PLAIN, "parallel": "ddp", "compile": True, "debug_info": True}
    assert list(unshareable(own, "optim.LBFGS", flat=True)) == []
