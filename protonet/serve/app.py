"""The addresses of a server, and what each of them answers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from protonet.data.quiet import quiet_pillow
from protonet.errors import UsageError
from protonet.net.form import Form
from protonet.predict.scoring import check_blobs
from protonet.predict.telling import Naming
from protonet.serve.answer import arrays, best_classes
from protonet.serve.measured import Measured
from protonet.serve.metrics import CONTENT_TYPE, Metrics
from protonet.serve.page import headers, page
from protonet.serve.refused import Refused
from protonet.serve.service import Question, Service

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_TOP = "5"
_MOST_BLOBS = 16
_WRONG_METHOD = 405
_GONE = 499
"""What nginx calls the status of a request whose client has gone; nobody reads it."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is served.

    Attributes:
        net: the net, whose blobs can be asked for.
        naming: what is told of its scores; None: its outputs are told as they are.
        outputs: names of the outputs that hold something for each picture.
        facts: what GET /model tells.
    """

    net: Form
    naming: Naming | None
    outputs: tuple[str, ...]
    facts: Mapping[str, Any]


class App:
    """Answers what comes to each address.

    Args:
        served: the net.
        service: answers requests with pictures.
        metrics: counts.
    """

    def __init__(self, served: Served, service: Service, metrics: Metrics) -> None:
        self._served, self._service, self._metrics = served, service, metrics

    async def page(self, request: Request) -> Response:
        """Answer GET /."""
        return HTMLResponse(page(), headers=headers())

    async def predict(self, request: Request) -> Response:
        """Answer POST /predict."""
        naming = self._served.naming
        _check_query(request, ("top",) if naming else ())
        if naming is None:
            return await self._blobs(request, self._served.outputs)
        top = request.query_params.get("top", _TOP)
        if not _NUMBER.fullmatch(top):
            raise Refused(400, f"top={top}: a whole number from 1 is needed")
        question = Question(
            (naming.scores.blob,), lambda values: best_classes(values, naming, int(top))
        )
        return JSONResponse(await self._service.answer(request, question))

    async def features(self, request: Request) -> Response:
        """Answer POST /features."""
        _check_query(request, ("blob",))
        names = tuple(dict.fromkeys(request.query_params.getlist("blob")))
        if not names:
            raise Refused(400, "no blob is named; as in: /features?blob=fc7. GET /model lists them")
        if len(names) > _MOST_BLOBS:
            raise Refused(400, f"{len(names)} blobs are asked for, and at most {_MOST_BLOBS} told")
        try:
            check_blobs(self._served.net, names)
        except UsageError as error:
            raise Refused(400, str(error)) from error
        return await self._blobs(request, names)

    async def _blobs(self, request: Request, names: tuple[str, ...]) -> Response:
        most = self._service.limits.max_values
        question = Question(names, lambda values: arrays(values, most))
        return JSONResponse(await self._service.answer(request, question))

    async def model(self, request: Request) -> Response:
        """Answer GET /model."""
        return JSONResponse(dict(self._served.facts))

    async def health(self, request: Request) -> Response:
        """Answer GET /health."""
        if self._service.batcher.works:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready"}, 503)

    async def metrics(self, request: Request) -> Response:
        """Answer GET /metrics."""
        return Response(self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def build_app(served: Served, service: Service, metrics: Metrics) -> Starlette:
    """Return the application; it closes the service when it ends.

    Args:
        served: the net.
        service: answers requests with pictures.
        metrics: counts.
    """
    app = App(served, service, metrics)
    routes = [
        Route("/", app.page),
        Route("/predict", app.predict, methods=["POST"]),
        Route("/features", app.features, methods=["POST"]),
        Route("/model", app.model),
        Route("/health", app.health),
        Route("/metrics", app.metrics),
    ]
    paths = frozenset(route.path for route in routes)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with quiet_pillow():
            yield
        service.close()

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Measured, metrics=metrics, paths=paths)],
        exception_handlers={
            Refused: _refused,
            HTTPException: _unknown,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
    )


def _check_query(request: Request, known: tuple[str, ...]) -> None:
    """Refuse a key of the query that means nothing here."""
    for key in request.query_params:
        if key not in known:
            there = f"there is {' and '.join(known)}" if known else "there is none"
            raise Refused(400, f"?{key}= is no option of {request.url.path}; {there}")


def _error(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status, headers)


async def _refused(request: Request, error: Any) -> Response:
    return _error(error.status, error.why, error.headers)


async def _unknown(request: Request, error: Any) -> Response:
    path = request.url.path
    if error.status_code == _WRONG_METHOD:
        allowed = (error.headers or {}).get("Allow", "")
        return _error(
            _WRONG_METHOD, f"{path} takes {allowed}, and no {request.method}", error.headers
        )
    why = (
        f"there is nothing at {path}; there are POST /predict, POST /features?blob=NAME, GET /, "
        "/model, /health and /metrics"
    )
    return _error(error.status_code, why, error.headers)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=_GONE)


async def _failed(request: Request, error: Exception) -> Response:
    return _error(500, "something went wrong in the server; what, its output says")
