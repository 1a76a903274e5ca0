"""Classes of torch named in a spec, `optim.AdamW`: is there such a class, and does it take these
arguments."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any

from pydantic_core import InitErrorDetails
from torch import optim
from torch.optim import lr_scheduler

from protonet.records import suggestion
from protonet.spec.diagnose import LATER
from protonet.spec.keys import line


@dataclass(frozen=True, slots=True)
class Family:
    """Classes of one module of torch that a spec may name.

    Attributes:
        prefix: what their names begin with in a spec.
        module: where they are.
        base: what all of them are subclasses of, and what is none of them itself.
        purpose: what they are kept for in this version.
        filled: arguments that no spec gives, and where what they say is said instead.
        refused: classes that no spec can use, and why.
    """

    prefix: str
    module: ModuleType
    base: type
    purpose: str
    filled: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

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
        """Return what is wrong with a class and its arguments; if nothing is, that this version
        cannot run it.

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
            hint = "the policies, and the other schedulers, take numbers"
            return [line("PN014", self.refused[bare], hint, where, name)]
        wrong = list(self._arguments(getattr(self.module, bare), name, own))
        return wrong or [line("PN016", f"kept for {self.purpose}", LATER, where, name)]

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
    """Return what the argument takes if its default is of another kind than the value; what cannot
    be told from the default is left to torch."""
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


_NO_FUNCTION = "{} needs a Python function, which no spec can hold"

OPTIM = Family(
    prefix="optim.",
    module=optim,
    base=optim.Optimizer,
    purpose="torch's own optimizers",
    filled=MappingProxyType(
        {
            "params": "what is trained follows from the net; solver.params gives factors",
            "lr": "the rate starts from solver.base_lr",
        }
    ),
)
"""torch.optim."""
SCHEDULERS = Family(
    prefix="lr_scheduler.",
    module=lr_scheduler,
    base=lr_scheduler.LRScheduler,
    purpose="torch's own schedulers",
    filled=MappingProxyType(
        {
            "optimizer": "it is the solver's",
            "last_epoch": "a resumed run goes on where it was",
        }
    ),
    refused=MappingProxyType(
        {name: _NO_FUNCTION.format(name) for name in ("LambdaLR", "MultiplicativeLR")}
    ),
)
"""torch.optim.lr_scheduler."""
