"""One request with pictures, from its body to its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from protonet.data.layout import Array
from protonet.errors import DataError, ProtonetError
from protonet.serve.batcher import Batcher, Given
from protonet.serve.limits import Limits
from protonet.serve.picture import PictureReader, Read
from protonet.serve.refused import SOON, Refused
from protonet.serve.room import Room
from protonet.serve.uploads import Upload, read_body, uploads_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each picture of a request.

    Attributes:
        blobs: names of the blobs that are needed.
        tell: makes JSON of what they hold, given without the batch axis.
    """

    blobs: tuple[str, ...]
    tell: Callable[[Mapping[str, Array]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a picture."""

    told: dict[str, Any]
    read: Read | None = None
    given: Given | None = None
    refused: Refused | None = None


class Service:
    """Answers requests, many at a time, in one event loop.

    Args:
        reader: decodes and prepares pictures.
        batcher: runs the net.
        limits: what is taken on.

    Attributes:
        limits: what is taken on.
        batcher: runs the net.
        pictures: how many are at work.
        bodies: bytes of requests in memory.
    """

    def __init__(self, reader: PictureReader, batcher: Batcher, limits: Limits) -> None:
        self._reader, self.batcher, self.limits = reader, batcher, limits
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="protonet-decode")
        self.pictures = Room(limits.queue, "pictures")
        self.bodies = Room(limits.held_bytes, "bytes of requests")

    def close(self) -> None:
        """End the threads, once what they were given is done."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.batcher.close()

    async def answer(self, request: Request, question: Question) -> dict[str, Any]:
        """Return the answer to a request.

        Raises: Refused if it is not what is taken on, there is no room for it, or it takes too
            long; ClientDisconnect if the client has gone.
        """
        began = time.perf_counter()
        with self.pictures.share() as places, self.bodies.share() as held:
            full = self.pictures.refusal(1)  # known before its body is read
            body = await read_body(request, self.limits, held, full)
            kind = request.headers.get("content-type", "")
            uploads = await self._threaded(uploads_of, kind, body, self.limits.queue)
            del body
            places.take(len(uploads))
            arrived = time.perf_counter()
            done = await self._all(request, uploads, question)
        _check_some(done)
        return {
            "pictures": [one.told for one in done],
            "timing": _timing(done, arrived - began, time.perf_counter() - began),
        }

    async def _all(
        self, request: Request, uploads: Sequence[Upload], question: Question
    ) -> list[_Done]:
        async def every() -> list[_Done]:
            work = (self._one(upload, place, question) for place, upload in enumerate(uploads))
            return await asyncio.gather(*work)

        try:
            async with asyncio.timeout(self.limits.timeout):
                return await _unless_gone(request, asyncio.create_task(every()))
        except TimeoutError as error:
            why = f"there was no answer within {self.limits.timeout:g} seconds; try again later"
            raise Refused(504, why, dict(SOON)) from error

    async def _one(self, upload: Upload, position: int, question: Question) -> _Done:
        """Return what became of one picture; what is wrong with it alone is told in its place."""
        try:
            read = await self._threaded(self._reader.read, upload.data, upload.name, position)
            given = await asyncio.wrap_future(self.batcher.submit(read.sample, question.blobs))
        except DataError as error:  # a net that takes any size, but not this one
            refused = Refused(400, f"{upload.name}: {error}")
        except ProtonetError as error:
            raise Refused(503, str(error), dict(SOON)) from error
        except Refused as error:
            refused = error
        else:
            remark = {"remark": read.remark} if read.remark else {}
            told = {"name": upload.name, **question.tell(given.values), **remark}
            return _Done(told, read, given)
        return _Done({"name": upload.name, "error": refused.why}, refused=refused)

    def _threaded(self, work: Callable[..., T], *arguments: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


async def _unless_gone(request: Request, work: asyncio.Task[T]) -> T:
    """Return what is worked on; let go of it when nobody waits for it any more."""
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return work.result()
    finally:
        work.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    """Return when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_some(done: Sequence[_Done]) -> None:
    """Refuse a request no picture of which could be answered."""
    refused = [one.refused for one in done if one.refused]
    if len(refused) < len(done):
        return
    if len(done) == 1:
        raise refused[0]
    why = f"none of the {len(done)} pictures can be taken; the first: {refused[0].why}"
    raise Refused(refused[0].status, why)


def _timing(done: Sequence[_Done], receiving: float, total: float) -> dict[str, Any]:
    """Return where the time went, in milliseconds: of several pictures, the longest."""
    reads = [one.read for one in done if one.read]
    given = [one.given for one in done if one.given]
    seconds = {
        "receiving": receiving,
        "decoding": max(one.seconds for one in reads),
        "waiting": max(one.waited for one in given),
        "net": max(one.seconds for one in given),
        "total": total,
    }
    told: dict[str, Any] = {name: round(1000 * value, 3) for name, value in seconds.items()}
    return {"unit": "milliseconds", **told, "batch": max(one.batch for one in given)}
