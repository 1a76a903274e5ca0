"""The process that listens: its socket, its connections, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from protonet.errors import Interrupted, UsageError
from protonet.serve.limits import Limits

_CONNECTIONS = 500
"""Connections at once; a process may have 1,024 open files unless it was told otherwise."""
_IDLE = 15
"""Seconds that a connection is kept without a request."""
_HEADERS = 10.0
"""Seconds in which the first line and the headers of a request have to come."""
_LOGGERS = ("uvicorn.error", "python_multipart.multipart")
_ENDING = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, and takes no connections yet.

    Args:
        host: a name or an address of this machine; 0.0.0.0 for all of them.
        port: the port; 0 for any free one.

    Raises: UsageError if it cannot be bound.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen at {host}, port {port}: {why}; --port 0 takes any that is free"
        ) from error
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the address that a browser on this machine finds a socket at."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class Server(uvicorn.Server):
    """Serves until a signal ends it: the first lets what runs be finished, the second does not.

    Args:
        app: the application.
        limits: what is taken on.
        started: is called when it listens.
        working: returns how many pictures are at work.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        started: Callable[[], object],
        working: Callable[[], int],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_IDLE,
                timeout_graceful_shutdown=math.ceil(2 * limits.timeout),
                limit_concurrency=_CONNECTIONS,
            )
        )
        self._on_start, self._working = started, working
        self._signal, self._left = signal.SIGINT, 0

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal comes."""
        loggers = [logging.getLogger(name) for name in _LOGGERS]
        for logger in loggers:
            logger.addFilter(self._tells)
        try:
            super().run(sockets)
        finally:
            for logger in loggers:
                logger.removeFilter(self._tells)

    def _tells(self, record: logging.LogRecord) -> bool:
        """Return whether something is told of the server: what a client does wrong is told to the
        client, and what a second signal cuts off is cut off on purpose."""
        return record.levelno >= logging.ERROR and not self.force_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what runs be finished, and note what was not."""
        await super().shutdown(sockets)
        self._left = self._working()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end a server; uvicorn would send them again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Act on a signal."""
        self.force_exit = self.should_exit
        self.should_exit, self._signal = True, signal.Signals(sig)

    def check_ended(self) -> None:
        """Say what was not answered.

        Raises: Interrupted if pictures were at work when it ended.
        """
        if self._left:
            pictures = f"{self._left} picture{'' if self._left == 1 else 's'}"
            raise Interrupted(
                f"ended by {_ENDING[self._signal]} before {pictures} had an answer",
                128 + self._signal,
            )


class Connection(H11Protocol):
    """A connection that is closed if a request's headers take too long, which uvicorn allows."""

    def __init__(self, *arguments: Any, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self._headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request whose headers are not whole has to be so soon."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_waiting()
        elif self._headers_due is None:
            self._headers_due = self.loop.call_later(_HEADERS, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _too_slow(self) -> None:
        self._headers_due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()
