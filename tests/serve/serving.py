"""A server in a thread, and a client that can do things wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from starlette.types import ASGIApp

from protonet.predict.telling import Naming
from protonet.serve.app import Served, build_app
from protonet.serve.batcher import Batcher, Run
from protonet.serve.limits import Limits
from protonet.serve.metrics import Metrics
from protonet.serve.runner import Runner
from protonet.serve.server import Server, listen
from protonet.serve.service import Service
from tests.serve.nets import NAMING, means, reader

LONG = 60.0
"""Seconds that no test waits."""
PNG = {"Content-Type": "image/png"}
FORM = {"Content-Type": "multipart/form-data; boundary=xyz"}
LIMITS = Limits(max_bytes=20_000, max_pixels=10_000, threads=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs."""

    port: int
    service: Service
    server: Server

    def get(self, path: str, method: str = "GET") -> Answer:
        return self.ask(method, path)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] = PNG) -> Answer:
        return self.ask("POST", path, body, headers)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=LONG)) as client:
            client.request(method, path, body, dict(headers))
            response = client.getresponse()
            data, told = response.read(), dict(response.getheaders())
        is_json = told.get("content-type") == "application/json"
        return Answer(response.status, json.loads(data) if is_json else data.decode(), told)

    def counted(self) -> dict[str, float]:
        """Return the metrics."""
        lines = self.get("/metrics").body.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


def form(*files: tuple[str, bytes]) -> bytes:
    """Return a multipart body of files, for FORM."""
    head = 'Content-Disposition: form-data; name="image"; filename="{}"\r\n\r\n'
    parts = [b"--xyz\r\n" + head.format(name).encode() + data + b"\r\n" for name, data in files]
    return b"".join(parts) + b"--xyz--\r\n"


@contextmanager
def answering(app: ASGIApp, service: Service, limits: Limits = LIMITS) -> Iterator[Running]:
    """Serve an application within the block."""
    bound, started = listen("127.0.0.1", 0), threading.Event()
    server = Server(app, limits, started.set, lambda: service.pictures.taken)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        assert started.wait(LONG)
        yield Running(bound.getsockname()[1], service, server)
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@contextmanager
def served(
    limits: Limits = LIMITS,
    run: Run | None = None,
    naming: Naming | None = NAMING,
    outputs: Sequence[str] = ("means",),
) -> Iterator[Running]:
    """Serve the net of `means` within the block."""
    net = means()
    batcher = Batcher(
        run or Runner(net).run,
        limits.batch_size,
        limits.max_wait,
        done=lambda size, seconds: metrics.batch(size, seconds),
    )
    service = Service(reader(limits.max_pixels), batcher, limits)
    metrics = Metrics(lambda: len(batcher), lambda: service.pictures.taken)
    app = build_app(Served(net, naming, tuple(outputs), {"name": "means"}), service, metrics)
    with answering(app, service, limits) as running:
        yield running
