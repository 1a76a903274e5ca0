"""The parts of a multipart body (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from protonet.serve.refused import Refused

_MOST_FIELDS = 16
"""Parts that are no files."""
_LONGEST_NAME = 200
"""Characters of a file's name that are kept."""


@dataclass(slots=True)
class Part:
    """One part.

    Attributes:
        name: of the form's field.
        file: name of the file; None where the part is none.
        data: what it holds.
    """

    name: str = ""
    file: str | None = None
    data: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    parts: list[Part] = field(default_factory=list)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: bytes = b""
    value: bytes = b""
    ended: bool = False

    def begin(self) -> None:
        self.parts.append(Part())
        self.headers = {}

    def take_name(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def take_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def end_header(self) -> None:
        self.headers[self.name.lower()] = self.value
        self.name = self.value = b""

    def end_headers(self) -> None:
        disposition = self.headers.get(b"content-disposition", b"")
        options = parse_options_header(disposition)[1]
        part = self.parts[-1]
        part.name = _text(options.get(b"name", b""))
        part.file = _text(options[b"filename"]) if b"filename" in options else None

    def take_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def end(self) -> None:
        self.ended = True


class _TooMany(Exception):
    """There are more parts than are taken."""


def read_parts(body: bytes, boundary: bytes, most_files: int) -> list[Part]:
    """Return the parts of a multipart body.

    Args:
        body: all of it.
        boundary: as the content type names it.
        most_files: parts that may come.

    Raises: Refused with 400 if it is no such body, or cut short; with 413 if there are too many.
    """
    reading = _Reading()
    most = most_files + _MOST_FIELDS

    def begin() -> None:
        if len(reading.parts) >= most:
            raise _TooMany
        reading.begin()

    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": reading.take_name,
                "on_header_value": reading.take_value,
                "on_header_end": reading.end_header,
                "on_headers_finished": reading.end_headers,
                "on_part_data": reading.take_data,
                "on_end": reading.end,
            },
        )
        parser.write(body)
    except FormParserError as error:
        raise Refused(400, f"the multipart body cannot be read: {error}") from error
    except _TooMany as error:
        raise too_many(most_files) from error
    if not reading.ended:
        raise Refused(400, "the multipart body is cut short: its closing boundary is missing")
    return reading.parts


def too_many(most: int) -> Refused:
    """Return why a request with so many pictures is refused."""
    return Refused(413, f"a request may have {most:,} pictures; send the others in another")


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a content type names.

    Raises: Refused (400) if it names none.
    """
    options = parse_options_header(content_type)[1]
    if not options.get(b"boundary"):
        raise Refused(
            400,
            "Content-Type: multipart/form-data names no boundary; leave the header to the client, "
            "as in: curl -F image=@photo.jpg",
        )
    return options[b"boundary"]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")[:_LONGEST_NAME]
