"""The libraries of the extra `serve`, which only a server needs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from protonet.errors import UsageError

LIBRARIES = ("starlette", "uvicorn", "python_multipart", "prometheus_client")
"""Starlette is the framework, uvicorn the server, python-multipart reads uploads, prometheus-client
writes the metrics."""


def check_extra(wanted: Sequence[str] = LIBRARIES) -> None:
    """Refuse to serve where a library is missing.

    Raises: UsageError saying how to get it.
    """
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        libraries, them = ("library", "it") if len(missing) == 1 else ("libraries", "them")
        raise UsageError(
            f"serving needs the {libraries} {' and '.join(missing)}; get {them} with: pip install "
            "'protonet[serve]'"
        )
