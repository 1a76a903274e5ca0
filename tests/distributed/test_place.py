from __future__ import annotations

import os
import signal
import threading

import pytest

from protonet.distributed.place import LAUNCHER, end_with_launcher, is_first, is_launched, is_member


@pytest.mark.parametrize(
    ("environment", "member", "first"),
    [
        ({}, False, True),
        ({"RANK": "0", "WORLD_SIZE": "1"}, False, True),
        ({"WORLD_SIZE": "2"}, False, True),
        ({"RANK": "0", "WORLD_SIZE": "2"}, True, True),
        ({"RANK": "1", "WORLD_SIZE": "2"}, True, False),
    ],
)
def test_torchruns_variables_say_who_speaks(
    environment: dict[str, str], member: bool, first: bool
) -> None:
    assert (is_member(environment), is_first(environment)) == (member, first)


def test_a_process_is_told_to_end_when_what_started_it_has_gone() -> None:
    reading, writing = os.pipe()
    received = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.set())
    try:
        environment = {LAUNCHER: str(reading)}
        assert is_launched(environment)
        end_with_launcher(environment)
        assert not received.is_set()
        os.close(writing)
        assert received.wait(20)
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(reading)
