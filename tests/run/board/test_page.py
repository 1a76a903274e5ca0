from __future__ import annotations

import socket
from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.run.board.page import check_runs, free_port
from protonet.run.events import NAME


def test_a_folder_with_an_event_file_is_served(tmp_path: Path) -> None:
    run = tmp_path / "mnist" / "1"
    run.mkdir(parents=True)
    (run / NAME).write_bytes(b"")
    check_runs(tmp_path)
    check_runs(run)


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "runs"
    with pytest.raises(UsageError) as caught:
        check_runs(file)
    assert str(caught.value) == (
        f"{file}: no such folder; runs are kept in the folder that training was started in"
    )
    file.write_text("")
    with pytest.raises(UsageError) as caught:
        check_runs(file)
    assert str(caught.value) == (
        f"{file}: is no folder; runs are kept in the folder that training was started in"
    )
    with pytest.raises(UsageError) as caught:
        check_runs(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: no run in it has an event file; train one first: protonet train SPEC "
        "(without tensorboard: false)"
    )


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            free_port("127.0.0.1", port)
    assert str(caught.value) == f"cannot listen at 127.0.0.1, port {port}: Address already in use"


def test_any_port_may_be_asked_for() -> None:
    assert free_port("127.0.0.1", 0) == 0


def test_the_next_free_port_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr("protonet.run.board.page._PORT", port)
        assert port < free_port("127.0.0.1", None) < port + 10
