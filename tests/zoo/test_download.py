"""One file from a server on this machine: whole, in pieces, and in every way that fails."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest

from protonet.data.web import FailedError
from protonet.errors import StorageError
from protonet.zoo.download import Download, Wanted
from protonet.zoo.model import FileFacts
from tests.zoo.conftest import Server

BODY = random.Random(1701).randbytes(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
WHOLE = Wanted(len(BODY), SHA256, len(BODY))


def fetch(server: Server, folder: Path, wanted: Wanted = WHOLE, seconds: float = 10) -> FileFacts:
    how = Download(folder, seconds=seconds)
    return how.file(f"{server.url}/file", folder / "file", wanted)


def refusal(server: Server, folder: Path, wanted: Wanted = WHOLE, seconds: float = 10) -> str:
    """Return why a file could not be had, and check that nothing has its name."""
    with pytest.raises(FailedError) as raised:
        fetch(server, folder, wanted, seconds)
    assert not (folder / "file").exists()
    return str(raised.value)


def kept(folder: Path) -> int | None:
    partial = folder / ".file.partial"
    return partial.stat().st_size if partial.exists() else None


def test_a_file_arrives_under_its_name(tmp_path: Path, server: Server) -> None:
    server.files = {"file": BODY}
    assert fetch(server, tmp_path) == FileFacts(size=len(BODY), sha256=SHA256)
    assert (tmp_path / "file").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert server.asked == [("file", None)]


def test_progress_counts_the_bytes(tmp_path: Path, server: Server) -> None:
    server.files = {"file": BODY}
    seen: list[tuple[int, int]] = []
    how = Download(tmp_path, progress=lambda done, total: seen.append((done, total)))
    how.file(f"{server.url}/file", tmp_path / "file", Wanted(1 << 20, SHA256[:8]))
    assert seen[-1] == (len(BODY), len(BODY))
    assert {total for _, total in seen} == {len(BODY)}


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    tmp_path: Path, server: Server
) -> None:
    server.files, server.cut = {"file": BODY}, {"file": [1000, 2000]}
    fetch(server, tmp_path)
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.asked == [("file", None), ("file", "bytes=1000-"), ("file", "bytes=3000-")]


def test_a_later_try_goes_on_with_what_is_there(tmp_path: Path, server: Server) -> None:
    server.files, server.cut = {"file": BODY}, {"file": [1000, 0]}
    assert refusal(server, tmp_path) == "the connection ended after 1,000 of 300,000 bytes"
    assert kept(tmp_path) == 1000
    fetch(server, tmp_path)
    assert server.asked[-1] == ("file", "bytes=1000-")
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_file_that_is_there_is_not_asked_for(tmp_path: Path, server: Server) -> None:
    (tmp_path / "file").write_bytes(BODY)
    assert fetch(server, tmp_path) == FileFacts(size=len(BODY), sha256=SHA256)
    assert server.asked == []
    server.files = {"file": BODY}
    (tmp_path / "file").write_bytes(b"another")
    fetch(server, tmp_path)
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_server_that_knows_no_parts_sends_the_whole(tmp_path: Path, server: Server) -> None:
    server.files, server.ignores_ranges = {"file": BODY}, True
    (tmp_path / ".file.partial").write_bytes(BODY[:1000])
    fetch(server, tmp_path)
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize("left", [b"x" * 1000, b"x" * 300_000, b"x" * 300_001])
def test_what_was_left_of_another_file_is_given_up(
    tmp_path: Path, server: Server, left: bytes
) -> None:
    server.files = {"file": BODY}
    (tmp_path / ".file.partial").write_bytes(left)
    fetch(server, tmp_path)
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (WHOLE, f"its SHA-256 is {{found}}, and the model's is {SHA256}"),
        (Wanted(400_000, "00aa"), "its SHA-256 is {found}, and the model's begins with 00aa"),
        (
            Wanted(400_000, "b" * 40, algorithm="sha1"),
            f"its SHA-1 is {{sha1}}, and the model's is {'b' * 40}",
        ),
    ],
)
def test_another_file_is_refused_and_not_kept(
    tmp_path: Path, server: Server, wanted: Wanted, why: str
) -> None:
    other = bytes(len(BODY))
    server.files = {"file": other}
    found, sha1 = hashlib.sha256(other).hexdigest(), hashlib.sha1(other).hexdigest()
    told = why.format(found=found, sha1=sha1)
    assert refusal(server, tmp_path, wanted) == f"sends another file: {told}"
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_size_is_not_even_begun(tmp_path: Path, server: Server) -> None:
    server.files = {"file": BODY + b"x"}
    why = "offers a file of 300,001 bytes, and the model's has 300,000"
    assert refusal(server, tmp_path) == why
    assert kept(tmp_path) is None


def test_a_server_that_promises_more_than_it_sends_is_told(tmp_path: Path, server: Server) -> None:
    server.files, server.announced = {"file": BODY[:-1]}, {"file": len(BODY)}
    server.ignores_ranges = True
    assert refusal(server, tmp_path) == "the connection ended after 299,999 of 300,000 bytes"


def test_a_file_larger_than_any_is_refused(tmp_path: Path, server: Server) -> None:
    server.files = {"file": BODY}
    why = "offers a file of 300,000 bytes, and at most 1,000 are taken"
    assert refusal(server, tmp_path, Wanted(1000, SHA256[:8])) == why


def test_a_server_that_does_not_say_how_much_it_sends_cannot_send_without_end(
    tmp_path: Path, server: Server
) -> None:
    server.files, server.announced = {"file": BODY}, {"file": None}
    why = "sends more than 1,000 bytes"
    assert refusal(server, tmp_path, Wanted(1000, SHA256[:8])) == why
    assert kept(tmp_path) == 0
    assert fetch(server, tmp_path, Wanted(len(BODY), SHA256[:8])).size == len(BODY)


def test_a_server_that_promises_less_than_it_sends_is_told(tmp_path: Path, server: Server) -> None:
    server.files, server.announced = {"file": BODY}, {"file": 1000}
    found = hashlib.sha256(BODY[:1000]).hexdigest()
    why = f"sends another file: its SHA-256 is {found}, and the model's begins with {SHA256[:8]}"
    assert refusal(server, tmp_path, Wanted(len(BODY), SHA256[:8])) == why


def test_a_server_that_stalls_is_given_up(tmp_path: Path, server: Server) -> None:
    server.files, server.silent = {"file": BODY}, {"file": 0}
    assert refusal(server, tmp_path, seconds=0.2) == "no answer within 0.2 s"


def test_a_server_that_has_no_such_file_is_told(tmp_path: Path, server: Server) -> None:
    assert refusal(server, tmp_path) == "404 Not Found"
    assert server.asked == [("file", None)]


def test_a_server_leads_to_no_file_of_this_machine(tmp_path: Path, server: Server) -> None:
    server.redirects = {"file": "file:///etc/passwd"}
    why = "302 Found - Redirection to url 'file:///etc/passwd' is not allowed"
    assert refusal(server, tmp_path) == why


def test_too_little_room_is_told_before_a_byte_is_written(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files = {"file": bytes(3_000_000)}
    usage = shutil.disk_usage(tmp_path)._replace(free=2_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(StorageError) as raised:
        fetch(server, tmp_path, Wanted(3_000_000, SHA256))
    assert str(raised.value) == (
        f"{tmp_path}: 3 MB are needed, and 2 MB are free; make room, or choose another folder; "
        f"PROTONET_CACHE names the folder of the cache, now {tmp_path}"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_in_the_middle_is_told(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    server.files = {"file": BODY}
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError) as raised:
        fetch(server, tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: the cache cannot be written: No space left on device; set PROTONET_CACHE to "
        "a folder that can"
    )


def test_a_small_file_is_read_and_a_large_one_refused(tmp_path: Path, server: Server) -> None:
    server.files = {"file": b"small"}
    how = Download(tmp_path)
    assert how.text(f"{server.url}/file", 5) == b"small"
    with pytest.raises(FailedError, match=r"^sends more than 4 bytes$"):
        how.text(f"{server.url}/file", 4)
