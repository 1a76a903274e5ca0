"""The pictures of a request: its body, read within bounds, and taken apart."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from protonet.serve.limits import Limits
from protonet.serve.parts import Part, boundary_of, read_parts, too_many
from protonet.serve.refused import Refused
from protonet.serve.room import Share

MULTIPART = "multipart/form-data"
_RAW = "application/octet-stream"
_LINGER = 2.0
"""Seconds in which the rest of a refused body is thrown away, so that its sender can read why."""
_EXPECTED = (
    f"send pictures as {MULTIPART}, as in: curl -F image=@photo.jpg …, or one as the body itself, "
    'as in: curl --data-binary @photo.jpg -H "Content-Type: image/jpeg" …'
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that came.

    Attributes:
        name: of its file, or what stands for it.
        data: the bytes of its file.
    """

    name: str
    data: bytes


async def read_body(
    request: Request, limits: Limits, share: Share, refused: Refused | None = None
) -> bytes:
    """Return the body of a request with pictures.

    Args:
        request: the request.
        limits: of its size, and the time in which it has to come.
        share: takes its bytes.
        refused: why the request is refused whatever its body is.

    Raises: Refused with that, with 415 if it holds no pictures by its type, 413 if it is too large,
        408 if it comes too slowly, 503 if there is no memory for it. What was still to come is
        thrown away first, a bounded part of it, so that its sender reads the answer; and the
        connection is closed if that was not all.
    """
    body = _Body(limits, share, refused or _refusal(request, limits))
    waits = "expect" not in request.headers  # for an answer, before it sends the body
    if body.refused is None or waits:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.timeout) as clock:
                while body.more:
                    body.take(await request.receive())
                    if body.refused:
                        linger = asyncio.get_running_loop().time() + _LINGER
                        clock.reschedule(min(clock.when() or linger, linger))
    return body.whole()


class _Body:
    """What came of a body so far."""

    def __init__(self, limits: Limits, share: Share, refused: Refused | None) -> None:
        self._limits, self._share, self.refused = limits, share, refused
        self._bytes, self._passed = bytearray(), 0
        self._ends = False
        self.more = True

    def take(self, message: Message) -> None:
        """Take a piece, or let it pass if the request is refused already."""
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        self._ends = not message.get("more_body", False)
        self._passed += len(piece)
        self.more = not self._ends and self._passed <= 2 * self._limits.max_bytes
        if self.refused is None:
            try:
                if self._passed > self._limits.max_bytes:
                    raise _too_large(f"more than {self._limits.max_bytes:,}", self._limits)
                self._share.take(len(piece))
                self._bytes += piece
            except Refused as error:
                self.refused, self._bytes = error, bytearray()

    def whole(self) -> bytes:
        """Return all of it; see `read_body`."""
        late = f"the request did not arrive within {self._limits.timeout:g} seconds"
        refused = self.refused or (Refused(408, late) if self.more else None)
        if refused is None:
            return bytes(self._bytes)
        if not self._ends:
            refused.headers["Connection"] = "close"
        raise refused


def _refusal(request: Request, limits: Limits) -> Refused | None:
    """Return why a request is refused by its headers."""
    kind = _kind(request.headers.get("content-type", ""))
    if kind not in (MULTIPART, _RAW) and not kind.startswith("image/"):
        told = f"Content-Type: {kind}" if kind else "the request has no Content-Type"
        return Refused(415, f"{told}: {_EXPECTED}")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.max_bytes:
        return _too_large(f"{int(declared):,}", limits)
    return None


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def uploads_of(content_type: str, body: bytes, most: int) -> list[Upload]:
    """Return the pictures of a body, at least one.

    Args:
        content_type: of the body.
        body: all of it.
        most: pictures that may come at once.

    Raises: Refused with 400 if there is none, or the body is damaged; with 413 if there are too
        many.
    """
    if _kind(content_type) != MULTIPART:
        if not body:
            raise Refused(400, f"the body is empty; {_EXPECTED}")
        return [Upload("the picture", body)]
    parts = read_parts(body, boundary_of(content_type), most)
    files = [part for part in parts if part.file is not None and (part.file or part.data)]
    if not files:
        raise Refused(400, _no_file(parts))
    if len(files) > most:
        raise too_many(most)
    return [
        Upload(part.file or f"picture {place}", bytes(part.data))
        for place, part in enumerate(files, 1)
    ]


def _no_file(parts: list[Part]) -> str:
    """Return what is wrong with a form without files; a browser's may hold an unnamed empty one."""
    for part in parts:
        if part.file is None:
            return (
                f"no picture came: {part.name} is a field of text; with curl, send a file as -F "
                f"{part.name or 'image'}=@photo.jpg"
            )
    return f"no picture came; {_EXPECTED}"


def _too_large(found: str, limits: Limits) -> Refused:
    return Refused(
        413,
        f"the request has {found} bytes, and at most {limits.max_bytes:,} are taken; send smaller "
        "pictures, or fewer at once",
    )
