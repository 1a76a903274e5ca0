from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from protonet.data.layout import Array
from protonet.errors import DataError, DeviceError
from protonet.predict.preparation import Prepared
from protonet.serve.runner import Runner
from tests.serve.nets import means, png, told
from tests.serve.serving import FORM, LIMITS, LONG, PNG, Running, form, served


class Gate:
    """The net behind a gate, which is open at first."""

    def __init__(self) -> None:
        self._runner = Runner(means())
        self.open, self.reached = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, samples: Sequence[Prepared], blobs: tuple[str, ...]) -> Mapping[str, Array]:
        self.reached.set()
        assert self.open.wait(LONG)
        return self._runner.run(samples, blobs)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.002)


def test_pictures_that_come_together_are_one_batch_and_each_gets_its_own() -> None:
    limits = replace(LIMITS, batch_size=8, max_wait=0.05)
    with served(limits) as server, ThreadPoolExecutor(12) as clients:
        colours = [(n % 251, (7 * n) % 251, (31 * n) % 251) for n in range(120)]
        sizes = [(4 + n % 3, 4 + n % 5) for n in range(120)]

        def ask(number: int) -> None:
            answer = server.post("/predict", png(*colours[number], size=sizes[number]))
            assert answer.body["pictures"][0]["top"] == told(*map(float, colours[number]))

        list(clients.map(ask, range(120)))
        found = server.counted()
    assert found["protonet_batch_size_sum"] == 120
    assert found["protonet_batch_size_count"] < 60
    assert found['protonet_batch_size_bucket{le="8.0"}'] == found["protonet_batch_size_count"]


def test_several_pictures_of_a_request_keep_their_order_and_errors_their_place() -> None:
    files = [(f"{n}.png", png(n, 0, 0) if n != 3 else b"no") for n in range(6)]
    with served() as server:
        answer = server.post("/predict?top=1", form(*files), FORM)
    assert answer.status == 200
    pictures = answer.body["pictures"]
    assert [one["name"] for one in pictures] == [f"{n}.png" for n in range(6)]
    assert [one["top"][0]["score"] for one in pictures if "top" in one] == [0, 1, 2, 4, 5]
    assert pictures[3]["error"].startswith("3.png: cannot be read as an image: ")


def test_a_server_with_its_hands_full_says_so_at_once() -> None:
    gate = Gate()
    limits = replace(LIMITS, queue=2, batch_size=2)
    with served(limits, gate) as server, ThreadPoolExecutor(2) as clients:
        gate.open.clear()
        waiting = [clients.submit(server.post, "/predict", png(n, 0, 0)) for n in (1, 2)]
        until(lambda: server.service.pictures.taken == 2)
        refused = server.post("/predict", png(3, 0, 0))
        assert server.get("/health").status == 200
        gate.open.set()
        assert [one.result().status for one in waiting] == [200, 200]
        assert server.post("/predict", png(3, 0, 0)).status == 200
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert refused.body == {
        "error": "the server is busy with 2 of at most 2 pictures; try again in a moment"
    }


def test_who_waits_too_long_is_told_and_takes_no_place(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    with served(replace(LIMITS, timeout=0.1, batch_size=1), gate) as server:
        gate.open.clear()
        first = server.post("/predict", png(1, 0, 0))
        second = server.post("/predict", png(2, 0, 0))
        # The first is in the net, the second let go of, if not yet where the answer was quicker.
        until(lambda: len(server.service.batcher) == 0)
        gate.open.set()
        until(lambda: server.post("/predict", png(3, 0, 0)).status == 200)
        assert server.service.pictures.taken == 0
    assert (first.status, second.status) == (504, 504)
    assert second.body == {"error": "there was no answer within 0.1 seconds; try again later"}
    gc.collect()  # asyncio tells of errors that nobody looked at when they are collected
    assert caplog.records == []


def sending(server: Running, text: bytes) -> socket.socket:
    """Return a client that has sent some of a request."""
    client = socket.create_connection(("127.0.0.1", server.port), LONG)
    client.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n" + text)
    return client


def test_a_client_that_leaves_is_not_worked_for(caplog: pytest.LogCaptureFixture) -> None:
    gate, data = Gate(), png(1, 0, 0)
    with served(replace(LIMITS, batch_size=1), gate) as server:
        gate.open.clear()
        clients = []
        for number in range(1, 4):
            clients.append(sending(server, b"Content-Length: %d\r\n\r\n" % len(data) + data))
            until(lambda: server.service.pictures.taken == number)  # noqa: B023
        until(lambda: len(server.service.batcher) == 2)
        for client in clients:
            client.close()
        until(lambda: server.service.pictures.taken == 0)
        assert len(server.service.batcher) == 0
        gate.open.set()
        assert server.post("/predict", data).status == 200
        found = server.counted()
    assert found['protonet_requests_total{path="/predict",status="499"}'] == 3
    gc.collect()
    assert caplog.records == []


def test_a_client_that_leaves_in_the_middle_of_its_picture_gives_its_place_back() -> None:
    with served() as server:
        client = sending(server, b"Content-Length: 1000\r\n\r\n1234")
        until(lambda: server.service.bodies.taken == 4)
        client.close()
        until(lambda: server.service.bodies.taken == 0)


def test_bad_requests_by_the_hundred_leave_nothing_behind() -> None:
    good = png(5, 6, 7)
    with served() as server:
        for number in range(100):
            bad = good[: number // 2] if number % 2 else bytes([number]) * number
            assert server.post("/predict", bad).status == 400
        answer = server.post("/predict", good)
        assert answer.body["pictures"][0]["top"] == told(5, 6, 7)
        assert (server.service.pictures.taken, server.service.bodies.taken) == (0, 0)
        assert server.counted()['protonet_requests_total{path="/predict",status="400"}'] == 100


def test_what_the_net_cannot_do_is_told_with_whose_fault_it_is() -> None:
    errors: list[Exception] = [DataError("too small"), DeviceError("out of memory")]

    def fail(samples: Sequence[Prepared], blobs: tuple[str, ...]) -> Mapping[str, Array]:
        raise errors.pop(0)

    with served(run=fail) as server:
        first, second = (server.post("/predict", png(1, 2, 3), PNG) for _ in range(2))
    assert (first.status, first.body) == (400, {"error": "the picture: too small"})
    assert (second.status, second.body) == (503, {"error": "out of memory"})
    assert second.headers["retry-after"] == "1"
