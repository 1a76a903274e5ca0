from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from protonet.serve.measured import Measured


class Counted:
    """Remembers what was counted."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []

    def request(self, path: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.requests.append((path, status))


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/fails":
        raise KeyError
    await PlainTextResponse("", 404)(scope, receive, send)


def ask(path: str, kind: str = "http") -> list[tuple[str, int]]:
    counted = Counted()

    async def nothing(*message: Message) -> Message:
        return {}

    measured = Measured(app, counted, ["/a", "/fails"])  # type: ignore[arg-type]
    asyncio.run(measured({"type": kind, "path": path}, nothing, nothing))  # type: ignore[arg-type]
    return counted.requests


def test_a_request_is_counted_by_its_path_and_status() -> None:
    assert ask("/a") == [("/a", 404)]


def test_paths_that_do_not_exist_are_counted_as_one() -> None:
    assert ask("/b") == ask("/c") == [("other", 404)]


def test_what_fails_is_counted_too() -> None:
    counted = Counted()

    async def nothing(*message: Message) -> Message:
        return {}

    measured = Measured(app, counted, ["/fails"])  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        asyncio.run(measured({"type": "http", "path": "/fails"}, nothing, nothing))  # type: ignore[arg-type]
    assert counted.requests == [("/fails", 500)]
