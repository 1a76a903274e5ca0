from __future__ import annotations

from protonet.serve.limits import Limits


def test_requests_in_memory_are_bounded_by_the_largest() -> None:
    assert Limits(max_bytes=1000).held_bytes == 8000
