"""Answers of web servers: followed where that is safe, and every failure in one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from protonet.data.web import FailedError, answer, pieces


class Handler(BaseHTTPRequestHandler):
    """Sends on to what follows `/to/`; answers `/headers` with what it was asked with."""

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif self.path == "/rude":
            self.send_response(500, "\x1b[31mred\x1b[0m")
            self.end_headers()
        else:
            body = str(sorted(name.lower() for name in self.headers)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def urls() -> Iterator[tuple[str, str]]:
    """The addresses of two servers."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in servers]
    for thread in threads:
        thread.start()
    first, second = (f"http://127.0.0.1:{one.server_port}" for one in servers)
    yield first, second
    for one, thread in zip(servers, threads, strict=True):
        one.shutdown()
        thread.join()
        one.server_close()


def read(url: str, **headers: str) -> str:
    with closing(answer(url, 10, headers)) as response:
        return b"".join(pieces(response, 10)).decode()


def refusal(url: str) -> tuple[str, int | None]:
    with pytest.raises(FailedError) as raised:
        read(url)
    return str(raised.value), raised.value.status


def test_a_server_that_sends_on_to_another_is_followed(urls: tuple[str, str]) -> None:
    assert "user-agent" in read(f"{urls[0]}/to/{urls[1]}/headers")


def test_secrets_stay_with_the_server_that_they_are_for(urls: tuple[str, str]) -> None:
    given = {"Authorization": "Bearer x", "X-Plain": "y"}
    assert "authorization" in read(f"{urls[0]}/to/{urls[0]}/headers", **given)
    elsewhere = read(f"{urls[0]}/to/{urls[1]}/headers", **given)
    assert "authorization" not in elsewhere
    assert "x-plain" in elsewhere


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_a_server_leads_to_no_file_of_this_machine(urls: tuple[str, str], target: str) -> None:
    why = f"302 Found - Redirection to url '{target}' is not allowed"
    assert refusal(f"{urls[0]}/to/{target}") == (why, 302)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_nothing_but_web_servers_is_asked(url: str) -> None:
    assert refusal(url) == (f"unknown url type: {url.partition(':')[0]}", None)


def test_what_a_server_says_is_harmless_to_a_terminal(urls: tuple[str, str]) -> None:
    assert refusal(f"{urls[0]}/rude") == ("500 ?[31mred?[0m", 500)


def test_a_server_that_refuses_is_told(urls: tuple[str, str]) -> None:
    assert refusal("http://127.0.0.1:9/x") == ("Connection refused", None)
