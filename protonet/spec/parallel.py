"""What cannot be done with parameters that several processes share out: `solver.parallel: fsdp`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import InitErrorDetails

from protonet.optim import OPTIMIZERS
from protonet.spec.keys import line
from protonet.spec.torch_class import OPTIM

FSDP = "fsdp"

_BY_ELEMENT = frozenset(
    {
        *("SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adagrad", "Adadelta"),
        *("ASGD", "RMSprop", "Rprop"),
    }
)
"""Classes of torch.optim that change each number by its own gradient and history alone."""
_WHOLE = "or write parallel: ddp"


def unshareable(solver: Mapping[str, Any], rule: str, *, flat: bool) -> Iterator[InitErrorDetails]:
    """Yield the keys of the solver section that fsdp has no part in.

    Args:
        solver: `parallel`, `compile`, `tune`, `channels_last`, `debug_info`, `updates` and
            `micro_batch`.
        rule: the type of the update rule.
        flat: whether its keys stand beside those of the solver.
    """
    if solver["parallel"] != FSDP:
        return
    for key, (stands, why) in _reasons(solver).items():
        if stands:
            found = solver[key]
            if key == "updates":
                found = [", ".join(one.losses) for one in found]
            yield line("PN016", why, f"leave {key} out, {_WHOLE}", (key,), found)
    if not solver["updates"] and rule not in OPTIMIZERS:
        name = rule.removeprefix(OPTIM.prefix)
        if name not in _BY_ELEMENT:
            where = ("type",) if flat else ("optimizer",)
            why = f"{name} needs more of a parameter than the part that fsdp leaves a process"
            hint = f"one of Caffe's, or optim.AdamW, {_WHOLE}"
            yield line("PN016", why, hint, where, rule)


def _reasons(solver: Mapping[str, Any]) -> dict[str, tuple[bool, str]]:
    """Return, of each key, whether it stands there, and why it cannot."""
    return {
        "compile": (
            bool(solver["compile"]),
            "fsdp gathers layers while they compute, and a compiled net has no layers",
        ),
        "tune": (
            solver["tune"] != "off",
            "it chooses a memory format and whether to compile, and fsdp leaves no choice",
        ),
        "channels_last": (
            solver["channels_last"] is True,
            "fsdp cuts parameters by rows, which do not lie one after the other in this format",
        ),
        "debug_info": (
            solver["debug_info"],
            "it looks at whole parameters in every step, and under fsdp no process has them",
        ),
        "updates": (bool(solver["updates"]), "fsdp makes one update an iteration"),
        "micro_batch": (
            isinstance(solver["micro_batch"], int),
            "each process computes a part of every batch, and under fsdp no smaller ones",
        ),
    }
