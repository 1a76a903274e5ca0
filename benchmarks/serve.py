"""`protonet serve` under load: batched against one at a time, and what bad clients do to it.

usage: PROTONET_REFERENCE=../shared/reference python benchmarks/serve.py [--net resnet20]
           [--clients 16] [--requests 400] [--rounds 2]

Two servers of the same net, one gathering batches of at most 16, the other with `--batch-size 1
--max-wait 0`, are asked in turn by as many clients at once, each on a connection of its own, which
sends its next picture when it has the answer to the last. Every answer is compared with what
`protonet predict` tells of that file. Then clients leave in the middle of a request, and send what
is no picture; memory is read before and after. The clients run on the same cores as the server.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path(os.environ.get("PROTONET_REFERENCE", "../shared/reference")) / "models"
PICTURES = MODELS.parent / "data" / "photos"
NETS = {
    "squeezenet": [
        str(MODELS / "squeezenet_v1.0_dc/deploy.prototxt"),
        *("--weights", str(MODELS / "squeezenet_v1.0_dc/squeezenet_v1.0_decompressed.caffemodel")),
        *(
            "--transform",
            "[{type: Resize, size: [227, 227]}, {type: Mean, value: [104, 117, 123]}]",
        ),
    ],
    "resnet20": [
        str(MODELS / "resnet20_cifar10/deploy.prototxt"),
        *("--weights", str(MODELS / "resnet20_cifar10/cifar10_ResNet_20_iter_53500.caffemodel")),
        *("--transform", "[{type: Resize, size: [32, 32]}]"),
    ],
}
SERVERS = {
    "batched": ["--batch-size", "16"],
    "one by one": ["--batch-size", "1", "--max-wait", "0"],
}
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
CLOSE = 1e-4
"""Relative: a batch of another size rounds differently."""


@dataclass(frozen=True)
class Round:
    """What one round of requests came to."""

    seconds: float
    waits: tuple[float, ...]
    wrong: int


@contextmanager
def served(arguments: list[str]) -> Iterator[int]:
    """Serve a net within the block; give its port."""
    words = [sys.executable, "-m", "protonet", "serve", *arguments, "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if " answers at http" in line)
        try:
            yield int(line.split()[3].rpartition(":")[2])
        finally:
            process.terminate()


def predicted(arguments: list[str], paths: list[str]) -> dict[str, Any]:
    """Return what `protonet predict` tells of each picture."""
    words = [sys.executable, "-m", "protonet", "predict", arguments[0], *paths, *arguments[1:]]
    words += ["--format", "jsonl", "--batch-size", "1"]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["path"]: line["top"] for line in lines}


def agrees(found: Any, expected: Any) -> bool:
    """Return whether the scores are the same, and the best class is."""
    if [set(one) for one in found] != [set(one) for one in expected]:
        return False
    scores, wanted = ([one["score"] for one in top] for top in (found, expected))
    close = np.allclose(scores, wanted, rtol=CLOSE, atol=CLOSE)
    return close and bool(found[0]["class"] == expected[0]["class"])


def load(port: int, requests: list[str], clients: int, expected: dict[str, Any]) -> Round:
    """Ask about pictures from several clients at once."""
    waits: list[float] = []
    wrong: list[str] = []
    lock, waiting = threading.Lock(), list(reversed(requests))
    contents = {path: Path(path).read_bytes() for path in set(requests)}

    def client(_: int) -> None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            while True:
                with lock:
                    if not waiting:
                        return
                    path = waiting.pop()
                began = time.perf_counter()
                headers = {"Content-Type": "image/jpeg"}
                connection.request("POST", "/predict", contents[path], headers)
                response = connection.getresponse()
                body = json.loads(response.read())
                took = time.perf_counter() - began
                good = response.status == 200
                good = good and agrees(body["pictures"][0]["top"], expected[path])
                with lock:
                    waits.append(took)
                    wrong.extend([] if good else [path])

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return Round(time.perf_counter() - began, tuple(waits), len(wrong))


def metric(port: int, name: str) -> float:
    """Return a number of GET /metrics."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def abuse(port: int, picture: bytes, times: int) -> None:
    """Send what no server should have to bear."""
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(picture) + picture
    large = b"Content-Length: 9999999999\r\n\r\n"
    texts = [whole[: len(whole) // 2], whole, head + large, b"\0" * 1000, b"GET / HTTP/1.1\r\n"]
    for number in range(times):
        with closing(socket.create_connection(("127.0.0.1", port), 60)) as client:
            client.sendall(texts[number % len(texts)])  # and leave
    while metric(port, "protonet_pictures_at_work"):
        time.sleep(0.05)
    for number in range(times):
        bad = picture[: 20 * number] if number % 2 else bytes([number % 256]) * 50_000
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("POST", "/predict", bad, {"Content-Type": "image/jpeg"})
            status = connection.getresponse().status
            if status not in (400, 200):  # a JPEG that lacks a little can be read
                raise SystemExit(f"a bad picture got the status {status}")


def show(name: str, rounds: list[Round], batch: float) -> float:
    """Print what rounds came to; return pictures per second."""
    waits = np.array([wait for one in rounds for wait in one.waits]) * 1000
    rate = len(waits) / sum(one.seconds for one in rounds)
    median, slow = np.percentile(waits, [50, 99])
    wrong = sum(one.wrong for one in rounds)
    print(
        f"{name:<11} {rate:7.1f} pictures/s   p50 {median:6.1f} ms   p99 {slow:6.1f} ms   "
        f"mean batch {batch:4.1f}   wrong answers {wrong} of {len(waits)}"
    )
    return rate


def main() -> None:
    """Measure in turn, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--net", choices=NETS, default="resnet20")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    arguments, paths = NETS[options.net], sorted(map(str, PICTURES.glob("*/*.jpg")))
    expected = predicted(arguments, paths)
    requests = [paths[number % len(paths)] for number in range(options.requests)]
    with (
        served([*arguments, *SERVERS["batched"]]) as first,
        served([*arguments, *SERVERS["one by one"]]) as second,
    ):
        ports = dict(zip(SERVERS, (first, second), strict=True))
        rounds: dict[str, list[Round]] = {name: [] for name in SERVERS}
        for _ in range(options.rounds):
            for name, port in ports.items():
                rounds[name].append(load(port, requests, options.clients, expected))
        rates = {}
        for name, port in ports.items():
            count = metric(port, "protonet_batch_size_count")
            batch = metric(port, "protonet_batch_size_sum") / count
            rates[name] = show(name, rounds[name], batch)
        print(f"batched / one by one: {rates['batched'] / rates['one by one']:.2f}")
        memory = "process_resident_memory_bytes"
        before = metric(first, memory)
        abuse(first, Path(paths[0]).read_bytes(), 500)
        after = load(first, requests[:100], options.clients, expected)
        grown = (metric(first, memory) - before) / 1e6
        print(f"after 500 clients that left and 500 bad pictures: {grown:+.1f} MB, ", end="")
        print(f"{metric(first, 'protonet_pictures_at_work'):.0f} pictures at work, ", end="")
        print(f"wrong answers {after.wrong} of {len(after.waits)}")


if __name__ == "__main__":
    main()
