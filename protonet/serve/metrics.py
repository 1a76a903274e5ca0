"""What a server has done, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters and histograms of one server.

    Args:
        queued: returns how many pictures wait for a batch.
        working: returns how many pictures are at work.
    """

    def __init__(self, queued: Callable[[], float], working: Callable[[], float]) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "protonet_requests",
            "Requests that ended, by path and HTTP status; 499: the client had gone.",
            ("path", "status"),
            registry=registry,
        )
        self._latency = Histogram(
            "protonet_request_seconds",
            "From the first byte of a request to the last of its answer, by path.",
            ("path",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch_size = Histogram(
            "protonet_batch_size",
            "Pictures that went through the net together.",
            buckets=_SIZES,
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "protonet_batch_seconds",
            "What the net took for a batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        for name, text, ask in (
            ("protonet_queue_length", "Pictures that wait for a batch.", queued),
            ("protonet_pictures_at_work", "Pictures of requests that are answered now.", working),
        ):
            Gauge(name, text, registry=registry).set_function(ask)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request that ended."""
        self._requests.labels(path, str(status)).inc()
        self._latency.labels(path).observe(seconds)

    def batch(self, size: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)
