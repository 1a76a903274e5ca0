"""A web server on this machine that answers as a test says, with a part of a file too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Server:
    """Serves files by path.

    Attributes:
        url: of the root, without a slash.
        files: path → contents; the others are answered with 404.
        cut: path → bytes after which the connection is closed, each time that it is asked for.
        announced: path → Content-Length, where it is not the truth; None: nothing is said.
        redirects: path → where it is sent on to.
        silent: paths that are answered after so many bytes with nothing more.
        ignores_ranges: whether a part is answered with the whole.
        asked: (path, Range) of each question, in turn.
        headers: of the last question.
        ended: set when the test is over, and what is silent may go.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    announced: dict[str, int | None] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)
    ignores_ranges: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from _serving()


@pytest.fixture
def other_server() -> Iterator[Server]:
    yield from _serving()


def _serving() -> Iterator[Server]:
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    served = Server(f"http://127.0.0.1:{web.server_port}")
    SERVED[web.server_port] = served
    thread = threading.Thread(target=web.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        served.ended.set()
        web.shutdown()
        thread.join()
        web.server_close()
        del SERVED[web.server_port]


SERVED: dict[int, Server] = {}
"""What the server of each port serves."""


class Handler(BaseHTTPRequestHandler):
    """Answers as the `Server` of its port says."""

    def do_GET(self) -> None:
        served = SERVED[self.server.server_address[1]]  # type: ignore[index]
        path, part = self.path.removeprefix("/"), self.headers.get("Range")
        served.asked.append((path, part))
        served.headers = dict(self.headers)
        if path in served.redirects:
            self.send_response(302)
            self.send_header("Location", served.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path not in served.files:
            self.send_error(404)
        else:
            start = int(part.removeprefix("bytes=").removesuffix("-")) if part else 0
            self._send(served, path, 0 if served.ignores_ranges else start)

    def _send(self, served: Server, path: str, start: int) -> None:
        body = served.files[path]
        if start >= len(body) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        length = served.announced.get(path, len(body) - start)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        rest = body[start:]
        if served.cut.get(path):
            rest = rest[: served.cut[path].pop(0)]
        if path in served.silent:
            rest = rest[: served.silent[path]]
        self.wfile.write(rest)
        self.wfile.flush()
        if path in served.silent:
            served.ended.wait(30)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""
