"""How a person sees that something is downloaded."""

from __future__ import annotations

from protonet.run.output import Output
from protonet.zoo.pull import Pull


def pulling(output: Output) -> Pull:
    """Return how models of the zoo are pulled, shown on an output."""
    return Pull(
        progress=lambda done, total: output.status(downloaded(done, total)), say=output.line
    )


def downloaded(done: int, total: int) -> str:
    """Return how far a download is, in words; nothing at its end.

    >>> downloaded(1_500_000, 3_000_000)
    'downloading: 1.5 of 3.0 MB'
    """
    return f"downloading: {done / 1e6:.1f} of {total / 1e6:.1f} MB" if done < total else ""
