"""How a net computes: what is given, chosen or found by trying."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """How a net computes.

    Attributes:
        channels_last: the memory format of images; None leaves it to the net.
        threads: of torch, on a CPU.
        compile: whether it is compiled.
    """

    channels_last: bool | None
    threads: int
    compile: bool | str = False
