from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from protonet.errors import Interrupted, UsageError
from protonet.serve import server as module
from protonet.serve.server import Server, address_of, listen
from tests.serve.nets import png
from tests.serve.serving import LIMITS, LONG, Running, served
from tests.serve.test_service import Gate, until


def test_a_port_that_is_taken_is_refused() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        first.listen()
        port = first.getsockname()[1]
        assert address_of(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(UsageError) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value) == (
        f"cannot listen at 127.0.0.1, port {port}: Address already in use; --port 0 takes any that "
        "is free"
    )


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        listen("192.0.2.1", 0)
    assert str(caught.value).startswith("cannot listen at 192.0.2.1, port 0: Cannot assign")


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_an_address_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with closing(listen(host, 0)) as bound:
        assert address_of(bound) == shown + str(bound.getsockname()[1])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(module, "_HEADERS", 0.1)
    with served() as running:
        yield running


@pytest.mark.parametrize(
    "text", [b"", b"GET /hea", b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: 1\r\n"]
)
def test_who_does_not_say_what_he_wants_is_not_waited_for(quick: Running, text: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", quick.port), LONG)) as client:
        client.sendall(text)
        assert client.recv(100) == b""


def test_a_request_that_came_is_not_cut_off_by_that(quick: Running) -> None:
    with closing(socket.create_connection(("127.0.0.1", quick.port), LONG)) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n")
        client.sendall(b"Content-Length: 3\r\n\r\n1")
        until(lambda: quick.service.bodies.taken == 1)
        threading.Event().wait(0.3)
        client.sendall(b"23")
        assert client.recv(100).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_the_first_signal_lets_what_runs_be_finished() -> None:
    gate = Gate()
    with served(run=gate) as running:
        gate.open.clear()
        answers: list[int] = []
        client = threading.Thread(
            target=lambda: answers.append(running.post("/predict", png(1, 2, 3)).status)
        )
        client.start()
        until(lambda: gate.reached.is_set())
        running.server.handle_exit(signal.SIGTERM, None)
        threading.Event().wait(0.3)
        assert answers == []
        gate.open.set()
        client.join()
    assert answers == [200]
    running.server.check_ended()


def test_the_second_signal_does_not_and_what_was_cut_off_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    with served(run=gate) as running:
        gate.open.clear()
        client = threading.Thread(target=_ask_in_vain, args=(running,))
        client.start()
        until(lambda: gate.reached.is_set())
        running.server.handle_exit(signal.SIGINT, None)
        running.server.handle_exit(signal.SIGTERM, None)
        client.join()
        gate.open.set()
    with pytest.raises(Interrupted) as caught:
        running.server.check_ended()
    assert (str(caught.value), caught.value.exit_code) == (
        "ended by SIGTERM before 1 picture had an answer",
        143,
    )
    assert caplog.records == []


def _ask_in_vain(running: Running) -> None:
    with contextlib.suppress(OSError):
        assert running.post("/predict", png(1, 2, 3)).status == 500


def test_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    server = Server(lambda *_: None, LIMITS, lambda: None, lambda: 0)  # type: ignore[arg-type]
    with server.capture_signals():
        assert signal.getsignal(signal.SIGTERM) == server.handle_exit
        signal.raise_signal(signal.SIGTERM)
        assert (server.should_exit, server.force_exit) == (True, False)
        signal.raise_signal(signal.SIGTERM)
        assert server.force_exit
    assert signal.getsignal(signal.SIGTERM) is before
