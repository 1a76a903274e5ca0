from __future__ import annotations

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from protonet.serve.limits import Limits
from protonet.serve.refused import Refused
from protonet.serve.room import Room
from protonet.serve.uploads import Upload, read_body, uploads_of
from tests.serve.serving import form

LIMITS = Limits(max_bytes=10, timeout=30)
PNG = {"content-type": "image/png"}


class Sender:
    """A client that sends pieces one after the other, then nothing more, or leaves."""

    def __init__(self, *pieces: bytes, ends: bool = True, leaves: bool = False) -> None:
        self._pieces, self._ends, self._leaves = list(pieces), ends, leaves
        self.sent = 0

    async def __call__(self) -> Message:
        if not self._pieces:
            if self._leaves:
                return {"type": "http.disconnect"}
            await asyncio.Event().wait()
        piece = self._pieces.pop(0)
        self.sent += len(piece)
        more = bool(self._pieces) or not self._ends
        return {"type": "http.request", "body": piece, "more_body": more}


def body_of(
    sender: Sender,
    limits: Limits = LIMITS,
    room: Room | None = None,
    refused: Refused | None = None,
    headers: dict[str, str] = PNG,
) -> bytes:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": raw}, sender)

    async def reading() -> bytes:
        with (room or Room(limits.held_bytes, "bytes")).share() as share:
            return await read_body(request, limits, share, refused)

    return asyncio.run(reading())


def refusal_of(sender: Sender, **given: object) -> Refused:
    with pytest.raises(Refused) as caught:
        body_of(sender, **given)  # type: ignore[arg-type]
    return caught.value


def test_a_body_comes_in_pieces() -> None:
    assert body_of(Sender(b"12345", b"", b"67890")) == b"1234567890"


def test_a_body_without_a_length_is_refused_when_it_is_too_large_and_read_to_its_end() -> None:
    sender = Sender(b"123456", b"78901", b"2")
    error = refusal_of(sender)
    assert (error.status, error.headers) == (413, {})
    assert error.why == (
        "the request has more than 10 bytes, and at most 10 are taken; send smaller pictures, or "
        "fewer at once"
    )
    assert sender.sent == 12


def test_of_an_endless_body_only_a_part_is_read() -> None:
    sender = Sender(*[b"1234"] * 100, ends=False)
    error = refusal_of(sender)
    assert (error.status, error.headers) == (413, {"Connection": "close"})
    assert sender.sent == 24  # the first piece beyond twice 10


def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    error = refusal_of(Sender(b"1", ends=False), limits=Limits(max_bytes=10, timeout=0.05))
    assert (error.status, error.headers) == (408, {"Connection": "close"})
    assert error.why == "the request did not arrive within 0.05 seconds"


def test_there_is_only_so_much_memory_for_bodies() -> None:
    room = Room(15, "bytes of requests")
    with room.share() as others:
        others.take(10)
        error = refusal_of(Sender(b"123", b"456"), room=room)
    assert (error.status, error.headers) == (503, {"Retry-After": "1"})
    assert room.taken == 0


def test_a_request_that_is_refused_anyhow_is_read_first() -> None:
    sender = Sender(b"123", b"456")
    busy = Refused(503, "busy")
    assert refusal_of(sender, refused=busy) is busy
    assert (sender.sent, busy.headers) == (6, {})


def test_who_asks_before_sending_is_refused_before_sending() -> None:
    sender = Sender(b"123456")
    headers = {**PNG, "content-length": "11", "expect": "100-continue"}
    error = refusal_of(sender, headers=headers)
    assert (error.status, error.headers, sender.sent) == (413, {"Connection": "close"}, 0)


def test_a_client_that_leaves_is_no_error() -> None:
    with pytest.raises(ClientDisconnect):
        body_of(Sender(b"1", ends=False, leaves=True))


def test_a_body_is_a_picture_or_a_form_of_some() -> None:
    assert uploads_of("image/jpeg", b"123", 2) == [Upload("the picture", b"123")]
    kind = "Multipart/Form-Data; boundary=xyz"
    body = form(("a.png", b"1"), ("", b"2"), ("c.png", b""))
    assert uploads_of(kind, body, 3) == [
        Upload("a.png", b"1"),
        Upload("picture 2", b"2"),
        Upload("c.png", b""),
    ]
    with pytest.raises(Refused) as caught:
        uploads_of(kind, body, 2)
    assert (caught.value.status, caught.value.why) == (
        413,
        "a request may have 2 pictures; send the others in another",
    )
