from __future__ import annotations

import pytest

from protonet.serve.parts import boundary_of, read_parts
from protonet.serve.refused import Refused

FILE = 'Content-Disposition: form-data; name="image"; filename="{}"\r\nContent-Type: image/png\r\n'
TEXT = 'Content-Disposition: form-data; name="note"\r\n'


def body(*parts: tuple[str, bytes]) -> bytes:
    told = b"".join(b"--xyz\r\n" + head.encode() + b"\r\n" + data + b"\r\n" for head, data in parts)
    return told + b"--xyz--\r\n"


def test_parts_come_with_their_names_and_their_very_bytes() -> None:
    data = bytes(range(256)) + b"\r\n--xy\r\n"
    parts = read_parts(
        body((FILE.format("a.png"), data), (TEXT, b"hello"), (FILE.format("Gänse 鵞.png"), b"")),
        b"xyz",
        5,
    )
    assert [(one.name, one.file, bytes(one.data)) for one in parts] == [
        ("image", "a.png", data),
        ("note", None, b"hello"),
        ("image", "Gänse 鵞.png", b""),
    ]


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (
            body((FILE.format("a"), b"12345"))[:-30],
            400,
            "the multipart body is cut short: its closing boundary is missing",
        ),
        (b"", 400, "the multipart body is cut short: its closing boundary is missing"),
        (
            body(*[(TEXT, b"")] * 19),
            413,
            "a request may have 2 pictures; send the others in another",
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_told(data: bytes, status: int, why: str) -> None:
    with pytest.raises(Refused) as caught:
        read_parts(data, b"xyz", 2)
    assert (caught.value.status, caught.value.why) == (status, why)


@pytest.mark.parametrize("data", [b"no parts at all", b"--xyz\r\nbad header\r\n\r\n", b"\0" * 99])
def test_what_is_no_multipart_body_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_parts(data, b"xyz", 2)
    assert caught.value.status == 400
    assert caught.value.why.startswith("the multipart body c")


def test_the_boundary_is_in_the_content_type() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    with pytest.raises(Refused) as caught:
        boundary_of("multipart/form-data")
    assert (caught.value.status, caught.value.why) == (
        400,
        "Content-Type: multipart/form-data names no boundary; leave the header to the client, as "
        "in: curl -F image=@photo.jpg",
    )
