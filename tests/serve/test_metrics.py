from __future__ import annotations

from protonet.serve.metrics import Metrics


def lines(metrics: Metrics) -> set[str]:
    return set(metrics.text().decode().splitlines())


def test_requests_batches_and_the_queue_are_told() -> None:
    metrics = Metrics(lambda: 3, lambda: 7)
    metrics.request("/predict", 200, 0.02)
    metrics.request("/predict", 200, 0.2)
    metrics.request("/predict", 503, 0.0)
    metrics.batch(1, 0.1)
    metrics.batch(12, 0.4)
    assert {
        'protonet_requests_total{path="/predict",status="200"} 2.0',
        'protonet_requests_total{path="/predict",status="503"} 1.0',
        'protonet_request_seconds_bucket{le="0.025",path="/predict"} 2.0',
        'protonet_request_seconds_count{path="/predict"} 3.0',
        'protonet_batch_size_bucket{le="8.0"} 1.0',
        'protonet_batch_size_bucket{le="16.0"} 2.0',
        "protonet_batch_size_sum 13.0",
        'protonet_batch_seconds_bucket{le="0.1"} 1.0',
        "protonet_queue_length 3.0",
        "protonet_pictures_at_work 7.0",
    } <= lines(metrics)


def test_two_servers_count_apart() -> None:
    first, second = Metrics(lambda: 0, lambda: 0), Metrics(lambda: 0, lambda: 0)
    first.batch(1, 0.1)
    assert "protonet_batch_size_count 1.0" in lines(first)
    assert "protonet_batch_size_count 0.0" in lines(second)
