"""The real command in a process of its own, ended as a person ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from protonet.cli import main
from protonet.run.events import NAME, EventsFile
from protonet.run.growing import GrowingFile

Capture = pytest.CaptureFixture[str]


def test_where_there_is_no_run_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["board"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: runs: no such folder; runs are kept in the folder that training was started in\n",
    )


@pytest.mark.parametrize("port", ["65536", "-1", "http", "１"])
def test_a_port_is_a_number(port: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["board", f"--port={port}"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"protonet board: error: argument --port: {port}: a port is a number from 0 to 65535"
    )


@pytest.mark.slow
def test_a_run_is_served_until_ctrl_c(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "small" / "1"
    run.mkdir(parents=True)
    events = EventsFile(GrowingFile(run / NAME))
    events.numbers(3, {"train/loss": 0.5})
    events.close()
    words = [sys.executable, "-m", "protonet", "board", "--port", "0", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said.startswith("runs in TensorBoard: http://127.0.0.1:")
    assert said.endswith("/   (Ctrl-C ends it)\n")
    address = said.split()[3]

    with urllib.request.urlopen(f"{address}data/plugins_listing") as answer:
        assert json.load(answer)["scalars"]["tab_name"] == "scalars"
    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
