"""What a server takes on, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass

_BODIES = 8
"""Largest requests whose bytes may lie in memory at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a server.

    Attributes:
        batch_size: most pictures that go through the net at once.
        max_wait: seconds that a picture waits for others to share a batch with.
        queue: most pictures at work at once, those being decoded and computed among them.
        max_bytes: of one request's body.
        max_pixels: of one picture, before it is scaled.
        max_values: most numbers of a blob that are told of one picture.
        timeout: seconds in which a request has to arrive, and then again to be answered.
        threads: that decode pictures.
    """

    batch_size: int = 16
    max_wait: float = 0.005
    queue: int = 256
    max_bytes: int = 32_000_000
    max_pixels: int = 50_000_000
    max_values: int = 65_536
    timeout: float = 30.0
    threads: int = 1

    @property
    def held_bytes(self) -> int:
        """Return how many bytes of requests may lie in memory at once."""
        return _BODIES * self.max_bytes
