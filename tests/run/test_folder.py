from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from protonet.errors import StorageError, UsageError
from protonet.run.folder import RunFolder, known_run, new_run, newest_run, safe_name


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_runs_are_numbered_under_their_name() -> None:
    assert [new_run("lenet", None).path for _ in range(2)] == [
        Path("runs/lenet/1"),
        Path("runs/lenet/2"),
    ]
    assert new_run("other", None).path == Path("runs/other/1")


def test_numbers_go_on_after_the_largest() -> None:
    Path("runs/lenet/9").mkdir(parents=True)
    Path("runs/lenet/notes").mkdir()
    folder = new_run("lenet", None)
    assert folder.path == Path("runs/lenet/10")
    folder.write(folder.facts, "{}")
    assert newest_run("lenet", None) == RunFolder(Path("runs/lenet/10"))


def test_a_run_that_was_killed_before_it_said_what_it_starts_from_is_none() -> None:
    first, _ = new_run("lenet", None), new_run("lenet", None)
    assert newest_run("lenet", None) is None
    first.write(first.facts, "{}")
    assert newest_run("lenet", None) == first


def test_there_is_no_newest_where_there_is_none() -> None:
    assert newest_run("lenet", None) is None
    assert newest_run("lenet", Path("gone")) is None


def test_what_has_to_be_there_is_missed_by_name() -> None:
    with pytest.raises(UsageError) as caught:
        known_run("lenet")
    assert str(caught.value) == (
        "there is no run of lenet in the current folder; name the weights: --weights FILE"
    )
    folder = new_run("lenet", None)
    folder.write(folder.facts, "{}")
    assert known_run("lenet") == folder


def test_a_given_folder_is_used_if_it_is_empty() -> None:
    assert new_run("lenet", Path("a/b")).path == Path("a/b")
    assert newest_run("lenet", Path("a/b")) is None  # nothing was begun in it
    Path("a/b/run.json").write_text("{}")
    assert newest_run("lenet", Path("a/b")) == RunFolder(Path("a/b"))
    with pytest.raises(UsageError) as caught:
        new_run("lenet", Path("a/b"))
    assert str(caught.value) == (
        "a/b: holds something already; name an empty folder, or go on with the run that is in it: "
        "--resume"
    )


def test_a_folder_in_which_a_run_was_killed_before_it_began_is_empty() -> None:
    Path("a").mkdir()
    with RunFolder(Path("a")).held():
        pass
    assert new_run("lenet", Path("a")).path == Path("a")


@pytest.mark.parametrize(
    ("name", "folder"), [("lenet", "lenet"), ("a/b c", "a_b_c"), ("..", "run"), ("né", "né")]
)
def test_any_name_can_be_that_of_a_folder(name: str, folder: str) -> None:
    assert safe_name(name) == folder


def test_one_process_holds_a_folder() -> None:
    folder = new_run("lenet", None)
    with folder.held():
        child = os.fork()
        if child == 0:  # another process: locks are not shared with it
            try:
                with folder.held():
                    os._exit(1)
            except UsageError as error:
                known = str(error) == "runs/lenet/1: another process is training in it"
                os._exit(0 if known else 2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with folder.held():
        pass


def file_at(path: str) -> Callable[[], None]:
    def make() -> None:
        Path(path).write_text("")

    return make


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (file_at("runs"), None, "runs/lenet: cannot be written: Not a directory"),
        (file_at("a"), Path("a/b"), "a/b: cannot be written: Not a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_training(
    make: Callable[[], None], given: Path | None, message: str
) -> None:
    make()
    with pytest.raises(StorageError) as caught:
        new_run("lenet", given)
    assert str(caught.value) == message


def test_a_file_is_no_folder_of_a_run() -> None:
    file_at("b")()
    with pytest.raises(UsageError) as caught:
        new_run("lenet", Path("b"))
    assert str(caught.value) == "b: is no folder; name a new one for the run, or an empty one"


def test_a_run_that_could_not_start_is_not_found_again() -> None:
    folder = new_run("lenet", None)
    with folder.held():
        folder.write(folder.spec, "net: {}\n")
        folder.give_up()
    assert not folder.path.exists()


def test_small_files_appear_complete_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_run("lenet", None)
    folder.write(folder.spec, "net: {}\n")
    assert folder.spec.read_text() == "net: {}\n"

    def full(path: Path, text: str, encoding: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StorageError) as caught:
        folder.write(folder.spec, "other")
    assert str(caught.value) == (
        "runs/lenet/1/spec.yaml: cannot be written: No space left on device"
    )
    assert folder.spec.read_text() == "net: {}\n"
    assert [entry.name for entry in folder.path.iterdir()] == ["spec.yaml"]
