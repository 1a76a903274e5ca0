"""How much is in the house: pictures at work, and bytes of requests; more is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from protonet.serve.refused import SOON, Refused


class Room:
    """A bounded amount. It belongs to one event loop.

    Args:
        most: what may be taken at once.
        what: it counts, for messages: "pictures".

    Attributes:
        taken: what is taken.
    """

    def __init__(self, most: int, what: str) -> None:
        self._most, self._what = most, what
        self.taken = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Give what is taken within the block back at its end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.taken -= share.taken

    def refusal(self, count: int) -> Refused | None:
        """Return why so many cannot be taken now; None where they can."""
        if self.taken + count <= self._most:
            return None
        return Refused(
            503,
            f"the server is busy with {self.taken:,} of at most {self._most:,} {self._what}; try "
            "again in a moment",
            dict(SOON),
        )

    def take(self, count: int) -> None:
        """Take some.

        Raises: Refused (503) if that is more than is left.
        """
        if refused := self.refusal(count):
            raise refused
        self.taken += count


class Share:
    """What one request has taken of a room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken = 0

    def take(self, count: int) -> None:
        """Take some.

        Raises: Refused (503) if that is more than is left.
        """
        self._room.take(count)
        self.taken += count
