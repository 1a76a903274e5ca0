"""Names and arguments of torch's optimizers and schedulers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from torch import optim
from torch.optim import lr_scheduler

from protonet.spec.torch_class import OPTIM, SCHEDULERS, Family

Told = tuple[str, tuple[Any, ...], str, str]


def told(family: Family, name: str, **own: Any) -> list[Told]:
    lines = family.lines(name, own, ("type",))
    kinds: list[Any] = [one["type"] for one in lines]
    return [
        (kind.type, tuple(one.get("loc", ())), kind.message(), kind.context["hint"])
        for kind, one in zip(kinds, lines, strict=True)
    ]


def test_every_class_of_torch_is_known_but_their_base() -> None:
    assert {"optim.AdamW", "optim.LBFGS", "optim.SGD"} <= set(OPTIM.names())
    assert "optim.Optimizer" not in OPTIM.names()
    assert {"lr_scheduler.OneCycleLR", "lr_scheduler.ReduceLROnPlateau"} <= set(SCHEDULERS.names())
    assert not {"lr_scheduler.LRScheduler", "lr_scheduler.Counter"} & set(SCHEDULERS.names())
    for family, module in ((OPTIM, optim), (SCHEDULERS, lr_scheduler)):
        for name in family.names():
            assert hasattr(module, name.removeprefix(family.prefix))


def test_what_is_right_is_not_complained_of() -> None:
    assert told(OPTIM, "optim.AdamW", betas=[0.9, 0.99], amsgrad=True, eps=1) == []
    assert told(SCHEDULERS, "lr_scheduler.MultiStepLR", milestones=[1, 2]) == []
    assert told(SCHEDULERS, "lr_scheduler.CyclicLR", base_lr=0.1, max_lr=1) == []


def test_what_torch_refuses_is_told_in_its_words() -> None:
    why = "torch refuses this: Invalid beta parameter at index 1: 1.5"
    assert told(OPTIM, "optim.Adam", betas=[0.9, 1.5]) == [("PN013", (), why, "")]


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR"])
def test_a_scheduler_that_needs_a_function_says_why_it_cannot_be(name: str) -> None:
    why = f"{name} needs a Python function, which no spec can hold"
    hint = "the policies, and the other schedulers, take numbers"
    found = told(SCHEDULERS, f"lr_scheduler.{name}", lr_lambda="lambda i: 1")
    assert found == [("PN014", ("type",), why, hint)]


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        (
            "optim.AdamV",
            {},
            ("PN014", ("type",), "torch has no optim.AdamV", "did you mean optim.Adam?"),
        ),
        (
            "optim.SGD",
            {"momentun": 0.9},
            ("PN012", ("momentun",), "unknown key", "did you mean momentum?"),
        ),
        (
            "optim.SGD",
            {"lr": 0.1},
            ("PN015", ("lr",), "lr is not given here", "the rate starts from solver.base_lr"),
        ),
        (
            "optim.SGD",
            {"nesterov": 1},
            ("PN010", ("nesterov",), "optim.SGD takes true or false for nesterov", ""),
        ),
        (
            "optim.SGD",
            {"momentum": True},
            ("PN010", ("momentum",), "optim.SGD takes a number for momentum", ""),
        ),
        (
            "optim.Adam",
            {"betas": [0.9]},
            ("PN010", ("betas",), "optim.Adam takes a list of 2 for betas", ""),
        ),
        (
            "optim.Adam",
            {"betas": [0.9, math.nan]},
            ("PN010", ("betas",), "optim.Adam takes finite numbers for betas", ""),
        ),
        (
            "optim.AdamW",
            {"weight_decay": math.inf},
            ("PN010", ("weight_decay",), "optim.AdamW takes a finite number for weight_decay", ""),
        ),
        *(
            (
                "optim.LBFGS",
                {key: value},
                ("PN010", (key,), f"optim.LBFGS takes a whole number from 0 on for {key}", ""),
            )
            for key, value in {"max_iter": 2.5, "max_eval": True, "history_size": None}.items()
        ),
    ],
)
def test_what_an_optimizer_does_not_take_is_told(
    name: str, own: dict[str, Any], expected: Told
) -> None:
    assert told(OPTIM, name, **own) == [expected]


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("lr_scheduler.StepLR", {}, ("PN011", ("step_size",), "missing", "")),
        (
            "lr_scheduler.StepLR",
            {"step_size": 1, "last_epoch": 3},
            (
                "PN015",
                ("last_epoch",),
                "last_epoch is not given here",
                "a resumed run goes on where it was",
            ),
        ),
        (
            "lr_scheduler.CyclicLR",
            {"base_lr": 0.1, "max_lr": 1, "scale_fn": "f"},
            (
                "PN010",
                ("scale_fn",),
                "lr_scheduler.CyclicLR takes a Python function, which no spec can hold, for "
                "scale_fn",
                "",
            ),
        ),
        (
            "lr_scheduler.ReduceLROnPlateau",
            {"mode": 1},
            ("PN010", ("mode",), "lr_scheduler.ReduceLROnPlateau takes a text for mode", ""),
        ),
        *(
            (
                "lr_scheduler.StepLR",
                {"step_size": value},
                (
                    "PN010",
                    ("step_size",),
                    "lr_scheduler.StepLR takes a whole number from 0 on for step_size",
                    "",
                ),
            )
            for value in (2.5, -3, True)
        ),
        *(
            (
                "lr_scheduler.MultiStepLR",
                {"milestones": value},
                (
                    "PN010",
                    ("milestones",),
                    "lr_scheduler.MultiStepLR takes a list of whole numbers from 0 on for "
                    "milestones",
                    "",
                ),
            )
            for value in (5, [3, 6.5], [3, -6])
        ),
        (
            "lr_scheduler.ExponentialLR",
            {"gamma": math.nan},
            ("PN010", ("gamma",), "lr_scheduler.ExponentialLR takes a finite number for gamma", ""),
        ),
    ],
)
def test_what_a_scheduler_does_not_take_is_told(
    name: str, own: dict[str, Any], expected: Told
) -> None:
    assert told(SCHEDULERS, name, **own) == [expected]
