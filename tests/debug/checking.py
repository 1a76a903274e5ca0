"""Gradient checks of nets from texts, in one line each."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from protonet.debug.gradcheck import What, gradcheck
from protonet.debug.gradcheck_report import Report, Row
from protonet.debug.gradcheck_slopes import Options
from protonet.layers import LAYERS
from protonet.layers.record import LayerType, NoParams, same_as_first
from protonet.layers.torch_nn import Types
from tests.specs import spec_of


def _square_forward(ctx: torch.autograd.function.FunctionCtx, bottom: torch.Tensor) -> torch.Tensor:
    ctx.save_for_backward(bottom)
    return bottom * bottom


class RightSquare(torch.autograd.Function):
    """x² with its slope, 2 x."""

    forward = staticmethod(_square_forward)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[no-untyped-def]
        (bottom,) = ctx.saved_tensors
        return 2 * bottom * slope


class WrongSquare(torch.autograd.Function):
    """x² with half its slope."""

    forward = staticmethod(_square_forward)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[no-untyped-def]
        (bottom,) = ctx.saved_tensors
        return bottom * slope


class OneWrong(torch.autograd.Function):
    """x² with its slope, but for element 40 of all."""

    forward = staticmethod(_square_forward)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[no-untyped-def]
        (bottom,) = ctx.saved_tensors
        found = 2 * bottom * slope
        found.view(-1)[40] *= 1.5
        return found


class Failing(torch.autograd.Function):
    """x² with a slope that cannot be computed."""

    forward = staticmethod(_square_forward)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[no-untyped-def]
        raise ValueError("no slope today\nor tomorrow")


class Applied(nn.Module):
    """One of these as a layer, which remembers how often it ran, and prints it."""

    def __init__(self, function: type[torch.autograd.Function]) -> None:
        super().__init__()
        self.function, self.runs = function, 0

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        self.runs += 1
        print("run", self.runs)  # noqa: T201  # what a plugin prints must not disturb
        top: torch.Tensor = self.function.apply(bottom) * self.runs
        return top


class Detached(nn.Module):
    """Lets no gradient through, by mistake."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        return bottom.detach() * 2


class InPlace(nn.Module):
    """Changes what it reads."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        return bottom.relu_()


class Refusing(nn.Module):
    """Runs without numbers only."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        if not bottom.is_meta:
            raise ValueError("not today")
        return bottom


def mine(name: str, module: nn.Module) -> LayerType:
    return LayerType(name=name, params=NoParams, build=lambda *given: module, infer=same_as_first)


MINE: Mapping[str, LayerType] = {
    kind.name: kind
    for kind in (
        mine("RightSquare", Applied(RightSquare)),
        mine("WrongSquare", Applied(WrongSquare)),
        mine("OneWrong", Applied(OneWrong)),
        mine("Failing", Applied(Failing)),
        mine("Detached", Detached()),
        mine("InPlace", InPlace()),
        mine("Refusing", Refusing()),
    )
}
"""Layer types of a user's own."""


def check(
    *lines: str, inputs: str = "{x: [3]}", what: What | None = None, **options: float
) -> Report:
    """Check a net of layers written as `name: ip, type: InnerProduct, num_output: 2`."""
    written = "".join(f"    - {{{line}}}\n" for line in lines)
    text = f"name: tried\nnet:\n  inputs: {inputs}\n  layers:\n{written}"
    spec = spec_of(text, layers=Types({**LAYERS, **MINE}))
    return gradcheck(spec, what or What(), Options(**options))  # type: ignore[arg-type]


def verdicts(rows: tuple[Row, ...] | None) -> dict[str, str]:
    """Return what was found of each tensor: `layer/name`, or its name in the whole net."""
    assert rows is not None
    return {f"{row.layer}/{row.name}" if row.layer else row.name: row.verdict for row in rows}
