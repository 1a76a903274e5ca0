"""Original files under `$PROTONET_DATA` and within protonet: found, and verified."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from protonet.data.known.original import Originals, given, is_intact, packaged
from protonet.data.known.sets import DIGITS
from protonet.errors import DataError
from tests.data.known.tiny import PACKED, UNPACKED, tiny, write_originals


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that PROTONET_DATA names."""
    monkeypatch.setenv("PROTONET_DATA", str(tmp_path))
    return tmp_path


def failure() -> str:
    with pytest.raises(DataError) as raised:
        given(tiny(), [])
    return str(raised.value)


def test_files_are_found_in_the_folder_of_the_set(data: Path) -> None:
    write_originals(data / "tiny")
    found = given(tiny(), [])
    files = {name: data / "tiny" / name for name in PACKED}
    assert found == Originals(files, str(data / "tiny"))


def test_files_are_found_in_a_folder_of_another_known_name_and_unpacked(data: Path) -> None:
    write_originals(data / "small", packed=False)
    tried: list[str] = []
    found = given(tiny(), tried)
    files = {name: data / "small" / name.removesuffix(".gz") for name in UNPACKED}
    assert found == Originals(files, str(data / "small"))
    assert tried == [f"{data}/tiny: there is no such folder"]


def test_every_place_without_the_set_is_named(data: Path) -> None:
    write_originals(data / "tiny")
    (data / "tiny/test-labels.gz").unlink()
    tried: list[str] = []
    assert given(tiny(), tried) is None
    assert tried == [
        f"{data}/tiny: has no test-labels.gz",
        f"{data}/small: there is no such folder",
    ]


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_there_are_no_given_files(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("PROTONET_DATA", value)
    tried: list[str] = []
    assert given(tiny(), tried) is None
    assert tried == ["PROTONET_DATA is not set"]


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
def test_a_file_that_is_not_the_original_is_refused(data: Path, packed: bool) -> None:
    write_originals(data / "tiny", packed=packed)
    file = data / "tiny" / ("train-labels.gz" if packed else "train-labels")
    file.write_bytes(b"another")
    original = (PACKED if packed else UNPACKED)["train-labels.gz"]
    assert failure() == (
        # md5sum of "another"
        f"{file}: its MD5 is b32d73e56ec99bc5ec8f83871cde708a, and the original's is "
        f"{hashlib.md5(original).hexdigest()}; get the file again, or take it away so that it is "
        "looked for elsewhere"
    )


def test_a_file_that_cannot_be_read_is_named(data: Path) -> None:
    write_originals(data / "tiny")
    file = data / "tiny/test-images.gz"
    file.unlink()
    file.symlink_to("/proc/self/mem")  # a file whose beginning nobody may read, not even root
    assert failure() == f"{file}: cannot be read: Input/output error"


def test_a_missing_file_of_protonets_own_says_how_to_mend_that(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        packaged(DIGITS, tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}/digits-train-images-idx3-ubyte.gz: this file of protonet's own is missing or "
        "damaged; install protonet again"
    )


@pytest.mark.parametrize(
    ("change", "intact"),
    [
        (lambda content: content, True),
        (lambda content: content[:-1], False),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), False),
    ],
    ids=["the file", "cut short", "one bit"],
)
def test_a_file_is_intact_if_every_bit_is(tmp_path: Path, change: object, intact: bool) -> None:
    assert callable(change)
    file = next(iter(tiny().files))
    (tmp_path / file.name).write_bytes(change(PACKED[file.name]))
    assert is_intact(tmp_path / file.name, file) is intact
    assert not is_intact(tmp_path / "none", file)
