"""The cache: where it is, who may work in it, what if it cannot be written."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from protonet.data.cache import cache_errors, cache_folder, locked
from protonet.errors import StorageError


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"PROTONET_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/protonet"),
        ({"HOME": "/h"}, "/h/.cache/protonet"),
        ({"PROTONET_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/protonet"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/protonet"),
    ],
)
def test_the_cache_is_the_first_folder_that_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
) -> None:
    for name in ("PROTONET_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


def test_without_any_home_a_cache_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("PROTONET_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StorageError) as raised:
        cache_folder()
    assert str(raised.value) == (
        "there is no home folder to keep the cache in; set PROTONET_CACHE to a folder"
    )


def test_one_holds_a_lock_at_a_time(tmp_path: Path) -> None:
    waiting, entered = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        with locked(tmp_path / "a/.mnist.lock", tmp_path):
            entered.set()

    thread = threading.Thread(target=second)
    with locked(tmp_path / "a/.mnist.lock", tmp_path):
        thread.start()
        waiting.wait()
        assert not entered.wait(0.1)
        with locked(tmp_path / "a/.digits.lock", tmp_path):  # another one is free
            pass
    thread.join()
    assert entered.is_set()


def test_a_cache_that_cannot_be_made_is_named_with_the_variable(tmp_path: Path) -> None:
    cache = tmp_path / "file"
    cache.write_text("")
    with pytest.raises(StorageError) as raised, locked(cache / "a/b.lock", cache):
        pass
    assert str(raised.value) == (
        f"{cache}: the cache cannot be written: Not a directory; set PROTONET_CACHE to a folder "
        "that can"
    )


def test_a_full_disk_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised, cache_errors(tmp_path):
        raise StorageError("x.lmdb: cannot be written: No space left on device")
    assert str(raised.value) == (
        "x.lmdb: cannot be written: No space left on device; PROTONET_CACHE names the folder of "
        f"the cache, now {tmp_path}"
    )
