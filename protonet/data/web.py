"""Files from web servers, over HTTP alone, from servers that may be silent, cut short or lie."""

from __future__ import annotations

import queue
import threading
import urllib.request  # slow to import, but torch does so too
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

PATIENCE_SECONDS = 10.0
"""How long a server may take to be found and to answer, and then to send the next bytes."""

_PIECE_BYTES = 1 << 16
_SCHEMES = ("http", "https")
_SECRETS = ("Authorization", "Cookie")
"""Headers that are meant for one server only."""


class FailedError(Exception):
    """Why a file could not be had from one address.

    Args:
        why: in words.
        status: what the server answered; None where that was nothing.
    """

    def __init__(self, why: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(why)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to other web servers only: to no file of this machine, and from an encrypted
    connection to no other; another server is told no secrets."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return what is asked next; see `HTTPRedirectHandler`."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in _SCHEMES or (old.scheme, new.scheme) == ("https", "http"):
            why = f"{msg} - Redirection to url '{newurl}' is not allowed"
            raise HTTPError(newurl, code, why, headers, fp)
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and old.netloc != new.netloc:
            for name in _SECRETS:
                request.remove_header(name)
        return request


_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.UnknownHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
    _Redirects,
)
"""What asks: urllib's own, less those of file: and ftp: addresses."""


def answer(
    url: str, seconds: float = PATIENCE_SECONDS, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    """Return a server's answer, of which the headers are read.

    A timeout of the socket would not do: it does not hold for the look-up of the name, and begins
    anew for each of a server's addresses. So the question is asked in a thread, and given up.

    Args:
        url: the address.
        seconds: how long the server may be silent.
        headers: of the question.

    Raises: FailedError.
    """
    answers: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            request = urllib.request.Request(url, headers=dict(headers or {}))
            response = _opener().open(request, timeout=seconds)
        except Exception as error:  # whatever it is, it is raised in the thread that waits
            answers.put(error)
            return
        answers.put(response)
        if given_up.is_set():
            response.close()

    threading.Thread(target=ask, name=f"asks {url}", daemon=True).start()
    with _network_errors(seconds):
        try:
            given = answers.get(timeout=seconds)
        except queue.Empty:
            given_up.set()
            raise TimeoutError from None
        if isinstance(given, Exception):
            raise given
        return given


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    return opener


def pieces(response: HTTPResponse, seconds: float = PATIENCE_SECONDS) -> Iterator[bytes]:
    """Yield the body of an answer, up to where the connection ends.

    Raises: FailedError if it fails otherwise.
    """
    with _network_errors(seconds):
        try:
            while piece := response.read(_PIECE_BYTES):
                yield piece
        except IncompleteRead as error:
            yield error.partial


@contextmanager
def _network_errors(seconds: float) -> Iterator[None]:
    """Turn what urllib, http and the sockets raise into the reason of a FailedError."""
    try:
        yield
    except HTTPError as error:
        error.close()
        raise FailedError(_one_line(f"{error.code} {error.reason}"), error.code) from error
    except (OSError, HTTPException, ValueError) as error:
        raise FailedError(_reason(error, seconds)) from error


def _reason(error: Exception, seconds: float) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {seconds:g} s"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, HTTPException):  # its text may be whatever the server sent
        return f"its answer is not HTTP ({type(cause).__name__})"
    return _one_line(str(cause) or type(cause).__name__)


def _one_line(text: str) -> str:
    """Return a text that may be the server's as one line, harmless to a terminal."""
    words = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)
