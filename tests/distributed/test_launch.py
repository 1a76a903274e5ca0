"""The processes are small programs that need no torch."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from protonet.distributed.launch import launch
from protonet.errors import ProcessError

HEAD = """
import os, signal, sys, time
rank = int(os.environ["RANK"])
"""


def run(body: str, count: int = 2) -> int:
    return launch([sys.executable, "-c", HEAD + body], count, "protonet train x.yaml --resume")


def refused(body: str, count: int = 2) -> tuple[str, int]:
    with pytest.raises(ProcessError) as caught:
        run(body, count)
    return str(caught.value), caught.value.exit_code


def test_each_process_is_told_its_place_and_only_the_first_speaks(
    capfd: pytest.CaptureFixture[str],
) -> None:
    names = "RANK LOCAL_RANK WORLD_SIZE LOCAL_WORLD_SIZE MASTER_ADDR"
    body = f"print([os.environ[name] for name in {names.split()}])"
    assert run(body, 3) == 0
    assert capfd.readouterr().out == "['0', '0', '3', '3', '127.0.0.1']\n"


def test_the_first_process_is_handed_a_socket_that_listens() -> None:
    body = """
import socket
port = int(os.environ["MASTER_PORT"])
if rank == 0:
    made = socket.socket(fileno=int(os.environ["PROTONET_SOCKET"]))
    made.accept()[0].sendall(b"x")
else:
    sys.exit(socket.create_connection(("127.0.0.1", port)).recv(1) != b"x")
"""
    assert run(body) == 0


def test_the_first_process_has_spoken_for_itself(capfd: pytest.CaptureFixture[str]) -> None:
    body = "print(f'error: {rank}', file=sys.stderr); sys.exit(2)"
    assert run(body) == 2
    assert capfd.readouterr().err == "error: 0\n"


def test_another_process_is_quoted() -> None:
    body = """
if rank == 1:
    print("error: data.train, iteration 3: a damaged record", file=sys.stderr)
    sys.exit(2)
sys.exit(75)  # the first has lost it
"""
    message = "rank 1 of 2 failed: data.train, iteration 3: a damaged record"
    assert refused(body) == (message, 2)


def test_a_process_that_says_nothing_has_an_exit_code() -> None:
    assert refused("sys.exit(3 if rank == 2 else 75)", 3) == ("rank 2 of 3 failed: exit code 3", 3)


@pytest.mark.parametrize("killed", [0, 1])
def test_a_process_that_was_killed_is_named_with_the_way_on(killed: int) -> None:
    body = f"""
if rank == {killed}:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(75)
"""
    message = (
        f"rank {killed} of 2 was ended by SIGKILL, as the system does where memory is short; go on "
        "from the last snapshot with: protonet train x.yaml --resume"
    )
    assert refused(body) == (message, 1)


def test_processes_that_have_only_lost_each_other_are_an_error() -> None:
    assert refused("sys.exit(75)") == ("the processes of the training have lost each other", 1)


def test_a_process_that_does_not_notice_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.distributed.launch._GRACE_SECONDS", 0.2)
    monkeypatch.setattr("protonet.distributed.launch._TERM_SECONDS", 0.2)
    body = """
if rank == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
sys.exit(4)
"""
    assert refused(body) == ("rank 1 of 2 failed: exit code 4", 4)


WAITING = """
from pathlib import Path
folder = Path({folder!r})
def note(number, frame):
    (folder / f"{{rank}}").write_text(signal.Signals(number).name)
    if rank == 0:
        (folder / "told").touch()
        sys.exit(130)
signal.signal(signal.{name}, note)
(folder / f"ready{{rank}}").touch()
while not (folder / "told").exists():
    time.sleep(0.01)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_goes_to_the_first_process(name: str, tmp_path: Path) -> None:
    number = getattr(signal, name)

    def send() -> None:
        while not all((tmp_path / f"ready{rank}").exists() for rank in range(2)):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    thread = threading.Thread(target=send)
    thread.start()
    assert run(WAITING.format(folder=str(tmp_path), name=name)) == 130
    thread.join()
    assert (tmp_path / "0").read_text() == name
    assert not (tmp_path / "1").exists()
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_goes_to_all(tmp_path: Path) -> None:
    body = """
from pathlib import Path
counted = []
def note(number, frame):
    counted.append(number)
    (Path({folder!r}) / f"{{rank}}_{{len(counted)}}").touch()
    if len(counted) + rank == 2:
        sys.exit(130)
signal.signal(signal.SIGINT, note)
(Path({folder!r}) / f"ready{{rank}}").touch()
while True:
    time.sleep(0.01)
"""

    def send() -> None:
        for name in ("ready0", "ready1"):
            while not (tmp_path / name).exists():
                time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        while not (tmp_path / "0_1").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    assert run(body.format(folder=str(tmp_path))) == 130
    thread.join()
    assert sorted(path.name for path in tmp_path.glob("*_*")) == ["0_1", "0_2", "1_1"]
