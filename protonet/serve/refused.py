"""A request that is not answered as it was asked."""

from __future__ import annotations

SOON = {"Retry-After": "1"}
"""Tells a client that the same request may be answered in a second."""


class Refused(Exception):
    """Why a request is refused, and what would be right.

    Args:
        status: the HTTP status.
        why: for a person, with what was found.
        headers: that go with the answer.
    """

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.why, self.headers = status, why, headers or {}
        super().__init__(status, why)
