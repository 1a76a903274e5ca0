"""Counts every request, whatever becomes of it."""

from __future__ import annotations

import time
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protonet.serve.metrics import Metrics

OTHER = "other"
"""What paths that do not exist are counted as: there are any number of them."""


class Measured:
    """An application, and the metrics that its requests are counted in.

    Args:
        app: the application.
        metrics: counts.
        paths: those that exist.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer, and count that."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            path = scope["path"] if scope["path"] in self._paths else OTHER
            self._metrics.request(path, status, time.perf_counter() - began)
