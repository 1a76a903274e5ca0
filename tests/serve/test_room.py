from __future__ import annotations

import pytest

from protonet.serve.refused import Refused
from protonet.serve.room import Room


def test_what_is_taken_is_given_back_whatever_happens() -> None:
    room = Room(3, "pictures")
    with pytest.raises(KeyError), room.share() as share:
        share.take(1)
        share.take(2)
        assert room.taken == 3
        raise KeyError
    assert room.taken == 0


def test_more_than_is_left_is_refused_for_now() -> None:
    room = Room(1500, "bytes of requests")
    with room.share() as first, room.share() as second:
        first.take(1000)
        with pytest.raises(Refused) as caught:
            second.take(501)
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
        assert caught.value.why == (
            "the server is busy with 1,000 of at most 1,500 bytes of requests; try again in a "
            "moment"
        )
        assert room.refusal(500) is None
        second.take(500)
        assert room.refusal(1) is not None
    assert room.taken == 0
