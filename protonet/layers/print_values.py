"""Print: what passes by, in numbers, while a net runs.

The lines go to the logger `protonet.print` at level INFO. A command takes them from there and shows
them above its live line (`protonet.debug.printed`); where nobody has asked for them, as in a script
without logging, they go to standard error.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.records import Count, Record, Size

LOGGER = "protonet.print"
"""Name of the logger that takes the lines."""


class PrintParams(Record):
    """How often is printed, and how much."""

    interval: Count = 1
    """Calls between two that are printed; the first is always one. A call is one batch: with
    iter_size there are several in an iteration, and a test is not counted with training."""
    values: Size = 0
    """Number of values printed besides, the first ones in row-major order."""


class Reporter:
    """Counts the calls of one layer and writes its lines.

    Args:
        title: what its lines begin with.
        interval: calls between two that are printed.
        values: how many values are printed of each blob.
    """

    def __init__(self, title: str, interval: int, values: int) -> None:
        self.title, self.interval, self.values = title, interval, values
        self.calls = 0

    @torch.no_grad()
    def __call__(self, bottoms: Sequence[torch.Tensor]) -> None:
        """Write a line for each blob, if this call is due; waits for the device then.

        A tensor on the meta device has no values, and is no call.
        """
        if any(bottom.is_meta for bottom in bottoms):
            return
        call, self.calls = self.calls, self.calls + 1
        if call % self.interval:
            return
        for place, bottom in enumerate(bottoms):
            which = f", bottom {place}" if len(bottoms) > 1 else ""
            _write(f"{self.title}, call {call}{which}: {described(bottom, self.values)}")


class Print(nn.Module):
    """Gives its bottoms, and reports them.

    Args:
        reporter: takes the bottoms of every call.
    """

    def __init__(self, reporter: Reporter) -> None:
        super().__init__()
        self.report = torch.compiler.disable(reporter.__call__)  # reads values, counts calls

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return tensors of their own over the bottoms' memory; an exported net only does that."""
        if not torch.compiler.is_exporting():
            self.report(bottoms)
        tops = tuple(bottom.view_as(bottom) for bottom in bottoms)
        return tops if len(tops) != 1 else tops[0]


def described(blob: torch.Tensor, values: int = 0) -> str:
    """Return a tensor in words: shape, type, mean, standard deviation (of all numbers, divided by
    their count), smallest, largest, how many are infinite or not a number; those are left out of
    the other numbers.

    Args:
        blob: any shape and type.
        values: how many of its values are listed besides.
    """
    words = [f"{Blob(tuple(blob.shape))} {str(blob.dtype).removeprefix('torch.')}"]
    flat = blob.detach().flatten()
    finite = flat[flat.isfinite()]
    wide = finite.to(torch.float32 if blob.device.type == "mps" else torch.float64)
    if wide.numel():
        numbers = (wide.mean(), wide.std(correction=0), wide.min(), wide.max())
        found = torch.stack(numbers).tolist()
        names = ("mean", "std", "min", "max")
        words += [f"{name} {number:.6g}" for name, number in zip(names, found, strict=True)]
    words.append(f"non-finite {flat.numel() - wide.numel()}")
    if values:
        words.append("values " + " ".join(f"{value:.6g}" for value in flat[:values].tolist()))
    return ", ".join(words)


def _write(line: str) -> None:
    logger = logging.getLogger(LOGGER)
    if logger.hasHandlers() and logger.isEnabledFor(logging.INFO):
        logger.info("%s", line)
    else:
        sys.stderr.write(f"{line}\n")


def build(params: PrintParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give the bottoms unchanged, their gradients too, and print what they hold.

    Bottoms: any number, shape and type.
    Tops: the bottoms, as many.
    Raises: ShapeError if there are not as many tops as bottoms.
    """
    _check_tops(bottoms, setting)
    title = f"Print {setting.name or 'layer'}, {setting.phase}"
    return Print(Reporter(title, params.interval, params.values))


def infer(params: PrintParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the bottoms."""
    _check_tops(bottoms, setting)
    return tuple(bottoms)


def _check_tops(bottoms: Sequence[Blob], setting: Setting) -> None:
    if len(bottoms) != setting.tops:
        counts = ((len(bottoms), "bottom"), (setting.tops, "top"))
        why = " and ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts)
        raise ShapeError(why, "each bottom is given on as a top: name as many")


PRINT = LayerType(
    name="Print",
    params=PrintParams,
    build=build,
    bottoms=SOME,
    tops=SOME,
    acts=True,
    infer=infer,
    exclusions=MappingProxyType(
        {"compile": "it reads values, which splits the compiled graph in two where it stands"}
    ),
)
