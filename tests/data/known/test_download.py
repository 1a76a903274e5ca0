"""Downloading from a server on this machine: whole, and in every way that fails."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protonet.data.known.download import download
from protonet.errors import StorageError
from tests.data.known.conftest import Mirror
from tests.data.known.tiny import PACKED, tiny

FIRST = "train-images.gz"
"""The file that is asked for first."""
REFUSING = "http://127.0.0.1:9/"
SIZE = len(PACKED[FIRST])


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@contextmanager
def answering(content: bytes) -> Iterator[str]:
    """A server that sends these bytes to the first who asks, and then nothing."""
    done = threading.Event()

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(content)
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            done.set()
            thread.join()


def fails(folder: Path, *mirrors: str, seconds: float = 10) -> list[str]:
    """Return why the set could not be had, and check that nothing was left."""
    tried: list[str] = []
    assert download(tiny(*mirrors), folder, tried, seconds=seconds) is None
    assert list(folder.iterdir()) == []
    return tried


def test_every_file_arrives_under_its_name(tmp_path: Path, mirror: Mirror) -> None:
    mirror.bodies = PACKED
    tried: list[str] = []
    found = download(tiny(mirror.url), tmp_path / "a/b", tried)
    assert found
    assert (found.origin, tried) == (mirror.url, [])
    assert {name: path.read_bytes() for name, path in found.files.items()} == PACKED
    assert {path.name for path in (tmp_path / "a/b").iterdir()} == set(PACKED)


def test_progress_counts_the_bytes_of_all_files(tmp_path: Path, mirror: Mirror) -> None:
    mirror.bodies = PACKED
    seen: list[tuple[int, int]] = []
    download(
        tiny(mirror.url), tmp_path, [], progress=lambda done, total: seen.append((done, total))
    )
    total = sum(len(body) for body in PACKED.values())
    assert {whole for _, whole in seen} == {total}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)


def test_files_that_are_there_are_not_asked_for(tmp_path: Path, mirror: Mirror) -> None:
    mirror.bodies = PACKED
    for name, body in PACKED.items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "test-labels.gz").write_bytes(b"damaged")
    (tmp_path / ".test-labels.gz.partial").write_bytes(b"left by a process that was killed")
    download(tiny(mirror.url), tmp_path, [])
    assert mirror.asked == ["test-labels.gz"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == PACKED


def test_without_a_network_kept_files_are_enough(tmp_path: Path) -> None:
    for name, body in PACKED.items():
        (tmp_path / name).write_bytes(body)
    found = download(tiny(REFUSING), tmp_path, [])
    assert found
    assert found.origin == str(tmp_path)


def test_the_next_mirror_is_asked_and_then_preferred(
    tmp_path: Path, mirror: Mirror, second_mirror: Mirror
) -> None:
    second_mirror.bodies = PACKED
    tried: list[str] = []
    found = download(tiny(mirror.url, second_mirror.url), tmp_path, tried)
    assert found
    assert found.origin == second_mirror.url
    assert tried == [f"{mirror.url}{FIRST}: 404 Not Found"]
    assert mirror.asked == [FIRST]
    assert second_mirror.asked == list(PACKED)


def test_a_body_that_ends_early_is_refused(tmp_path: Path, mirror: Mirror) -> None:
    mirror.bodies = {FIRST: PACKED[FIRST][:-7]}
    mirror.announced = {FIRST: SIZE}
    assert fails(tmp_path, mirror.url) == [
        f"{mirror.url}{FIRST}: the connection ended after {SIZE - 7} of {SIZE} bytes"
    ]


def test_a_body_that_goes_on_is_refused(tmp_path: Path, mirror: Mirror) -> None:
    mirror.bodies = {FIRST: PACKED[FIRST] + b"\0"}
    assert fails(tmp_path, mirror.url) == [
        f"{mirror.url}{FIRST}: sends more than the original's {SIZE} bytes"
    ]


def test_another_file_of_the_same_size_is_refused(tmp_path: Path, mirror: Mirror) -> None:
    other = bytes(SIZE)
    mirror.bodies = {FIRST: other}
    found, wanted = (hashlib.md5(body).hexdigest() for body in (other, PACKED[FIRST]))
    assert fails(tmp_path, mirror.url) == [
        f"{mirror.url}{FIRST}: sends another file: its MD5 is {found}, and the original's is "
        f"{wanted}"
    ]


def test_a_server_that_refuses_is_given_up(tmp_path: Path) -> None:
    assert fails(tmp_path, REFUSING) == [f"{REFUSING}{FIRST}: Connection refused"]


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, silent: str) -> None:
    assert fails(tmp_path, silent, seconds=0.2) == [f"{silent}{FIRST}: no answer within 0.2 s"]


def test_a_name_that_nobody_knows_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    host = "http://nowhere.invalid/"  # RFC 2606: this name never exists

    def unknown(*arguments: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert fails(tmp_path, host) == [f"{host}{FIRST}: Name or service not known"]


@pytest.mark.parametrize(
    ("content", "seconds", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nbegin", 0.2, "no answer within 0.2 s"),
        (b"220 ftp ready\r\n", 10, "its answer is not HTTP (BadStatusLine)"),
    ],
    ids=["silent within the body", "not HTTP"],
)
def test_an_answer_that_is_none_is_given_up(
    tmp_path: Path, content: bytes, seconds: float, why: str
) -> None:
    with answering(content) as url:
        assert fails(tmp_path, url, seconds=seconds) == [f"{url}{FIRST}: {why}"]


def test_a_folder_that_cannot_be_made_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file/originals"
    with pytest.raises(StorageError) as raised:
        download(tiny(), folder, [])
    assert str(raised.value) == (
        f"{folder}: the cache cannot be written: Not a directory; set PROTONET_CACHE to a folder "
        "that can"
    )
