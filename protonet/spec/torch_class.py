"""Classes of torch named in a spec, `optim.AdamW`: is there such a class, and does it take these
arguments."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any

import torch
from pydantic_core import InitErrorDetails
from torch import optim
from torch.optim import lr_scheduler

from protonet.optim.torch_schedule import attempt_scheduler
from protonet.records import suggestion
from protonet.spec.keys import line

_REFUSALS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(NotImplementedError, RuntimeError, TypeError, ValueError),
)
"""What torch raises of arguments that it cannot use."""


@dataclass(frozen=True, slots=True)
class Family:
    """Classes of one module of torch that a spec may name.

    Attributes:
        prefix: what their names begin with in a spec.
        module: where they are.
        base: what all of them are subclasses of, and what is none of them itself.
        attempt: makes one with these arguments, on something small; what torch raises is told.
        filled: arguments that no spec gives, and where what they say is said instead.
        refused: classes that no spec can use, with the reason and what to use.
    """

    prefix: str
    module: ModuleType
    base: type
    attempt: Callable[[type, Mapping[str, Any]], object]
    filled: Mapping[str, str]
    refused: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def names(self) -> list[str]:
        """Return every name that stands for a class, prefix included."""
        return [
            self.prefix + name
            for name, kind in vars(self.module).items()
            if inspect.isclass(kind) and issubclass(kind, self.base) and kind is not self.base
            if not name.startswith("_")
        ]

    def lines(
        self, name: str, own: Mapping[str, Any], where: tuple[str, ...]
    ) -> list[InitErrorDetails]:
        """Return what is wrong with a class and its arguments.

        Args:
            name: as the spec has it, prefix included.
            own: the arguments.
            where: the place of the name, below the map that holds the arguments.
        """
        if name not in self.names():
            known = suggestion(name, self.names(), most=5)
            return [line("PN014", f"torch has no {name}", known, where, name)]
        bare = name.removeprefix(self.prefix)
        if bare in self.refused:
            why, hint = self.refused[bare]
            return [line("PN014", why, hint, where, name)]
        kind = getattr(self.module, bare)
        return list(self._arguments(kind, name, own)) or list(self._attempted(kind, own, where))

    def kind(self, name: str) -> type:
        """Return the class that a name stands for, prefix included."""
        found: type = getattr(self.module, name.removeprefix(self.prefix))
        return found

    def _attempted(
        self, kind: type, own: Mapping[str, Any], where: tuple[str, ...]
    ) -> Iterator[InitErrorDetails]:
        try:
            self.attempt(kind, own)
        except _REFUSALS as error:
            text = (str(error).splitlines() or [type(error).__name__])[0]
            yield line("PN013", f"torch refuses this: {text}", "", where[:-1], dict(own))

    def _arguments(
        self, kind: type, name: str, own: Mapping[str, Any]
    ) -> Iterator[InitErrorDetails]:
        taken = dict(inspect.signature(kind).parameters)
        allowed = {key: taken[key] for key in taken if key not in self.filled}
        for key, value in own.items():
            if key in taken and key in self.filled:
                yield line("PN015", f"{key} is not given here", self.filled[key], (key,), value)
            elif key not in allowed:
                yield line("PN012", "unknown key", suggestion(key, allowed), (key,), value)
            elif wanted := _wrong(value, allowed[key]):
                yield line("PN010", f"{name} takes {wanted} for {key}", "", (key,), value)
        for key, parameter in allowed.items():
            if parameter.default is parameter.empty and key not in own:
                yield line("PN011", "missing", "", (key,), dict(own))


def _wrong(value: Any, parameter: inspect.Parameter) -> str:
    """Return what the argument takes if the value is nothing of the kind; what cannot be told from
    annotation and default is left to torch."""
    if _is_count(str(parameter.annotation)):
        return _uncounted(value, parameter)
    if not _is_finite(value):
        return "finite numbers" if isinstance(value, list) else "a finite number"
    return _unlike(value, parameter)


def _unlike(value: Any, parameter: inspect.Parameter) -> str:
    """Return what the argument takes if its default is of another kind than the value."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match parameter.default:
        case bool():
            return "" if isinstance(value, bool) else "true or false"
        case int() | float():
            return "" if is_number or isinstance(value, list) else "a number"
        case tuple() as default:
            fits = isinstance(value, list) and len(value) == len(default)
            return "" if fits else f"a list of {len(default)}"
        case str():
            return "" if isinstance(value, str) else "a text"
        case _ if "Callable" in str(parameter.annotation):
            return "a Python function, which no spec can hold,"
        case _:
            return ""


def _uncounted(value: Any, parameter: inspect.Parameter) -> str:
    """Return what an argument that counts something takes, if the value is no such number: torch
    takes 2.5 and -3, and then nothing happens at any iteration."""
    if value is None and parameter.default is None:
        return ""
    if "[" not in str(parameter.annotation):
        return "" if _counts(value) else "a whole number from 0 on"
    fits = isinstance(value, list) and all(map(_counts, value))
    return "" if fits else "a list of whole numbers from 0 on"


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def measures(kind: type) -> tuple[str, ...]:
    """Return the arguments of a scheduler that are numbers of iterations, or lists of them.

    >>> measures(lr_scheduler.MultiStepLR)
    ('milestones',)
    """
    return tuple(
        name
        for name, parameter in inspect.signature(kind).parameters.items()
        if name not in _NO_LENGTHS and _is_count(str(parameter.annotation))
    )


def _is_count(annotation: str) -> bool:
    return "Callable" not in annotation and "int" in re.split(r"\W+", annotation)


_NO_LENGTHS = frozenset(
    {"last_epoch", "epochs", "steps_per_epoch", "T_mult", "patience", "cooldown"}
)
"""Whole numbers that are no numbers of iterations: counts of tests, factors."""
_NO_FUNCTION = "{} needs a Python function, which no spec can hold"
_NUMBERS = "the policies, and the other schedulers, take numbers"
_FASTEST = "protonet chooses the fastest way to compute"


def _attempt_optimizer(kind: type, own: Mapping[str, Any]) -> object:
    return kind([torch.zeros(2, 2)], lr=1.0, **own)


OPTIM = Family(
    prefix="optim.",
    module=optim,
    base=optim.Optimizer,
    attempt=_attempt_optimizer,
    filled=MappingProxyType(
        {
            "params": "what is trained follows from the net; solver.params gives factors",
            "lr": "the rate starts from solver.base_lr",
            **dict.fromkeys(("foreach", "fused", "capturable"), _FASTEST),
            "differentiable": "no update here is differentiated",
        }
    ),
    refused=MappingProxyType(
        {
            "SparseAdam": (
                "SparseAdam takes sparse gradients, and those of layers are dense",
                "optim.Adam",
            )
        }
    ),
)
"""torch.optim."""
SCHEDULERS = Family(
    prefix="lr_scheduler.",
    module=lr_scheduler,
    base=lr_scheduler.LRScheduler,
    attempt=attempt_scheduler,
    filled=MappingProxyType(
        {
            "optimizer": "it is the solver's",
            "last_epoch": "a resumed run goes on where it was",
        }
    ),
    refused=MappingProxyType(
        {name: (_NO_FUNCTION.format(name), _NUMBERS) for name in ("LambdaLR", "MultiplicativeLR")}
    ),
)
"""torch.optim.lr_scheduler."""
