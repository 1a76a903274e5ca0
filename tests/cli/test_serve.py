"""The real command in a process of its own, ended as a person ends it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from protonet.cli import main
from protonet.run.train import train
from protonet.serve import extra
from tests.predict.photos import photo_spec

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--port", "65536"], '--port "65536": a number from 0 to 65535 is needed'),
        (["--port", "http"], '--port "http": a number from 0 to 65535 is needed'),
        (["--batch-size", "0"], '--batch-size "0": a whole number from 1 is needed'),
        (["--max-wait", "-1"], '--max-wait "-1": a number from 0 to 10000 is needed'),
        (["--timeout", "nan"], '--timeout "nan": a number from 0.1 to 3600 is needed'),
        (["--timeout", "soon"], '--timeout "soon": a number from 0.1 to 3600 is needed'),
        (["--max-bytes", "32M"], '--max-bytes "32M": a whole number from 1 is needed'),
        (["--queue", "3"], "--queue 3: a batch of --batch-size 16 never fills"),
        (["--device", "tpu"], '--device "tpu": auto, cpu, mps, cuda or cuda:0 is needed'),
        (
            ["--port", "0"],
            "gone: there is no such run, snapshot, model or spec; a model of the zoo is named zoo://NAME",
        ),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], why: str, capsys: Capture) -> None:
    assert main(["serve", "gone", *arguments]) == 2
    assert capsys.readouterr() == ("", f"error: {why}\n")


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "starlette" else name)
    assert main(["serve", "gone"]) == 2
    assert capsys.readouterr().err == (
        "error: serving needs the library starlette; get it with: pip install 'protonet[serve]'\n"
    )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    train(photo_spec(folder))
    words = [sys.executable, "-m", "protonet", "serve", "runs/photos/1", "--port", "0"]
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "weights from runs/photos/1: 4 of 4 parameters loaded\n"
        line = process.stdout.readline()
        assert line.startswith("runs/photos/1 answers at http://127.0.0.1:")
        assert line.endswith("   (Ctrl-C ends it)\n")
        yield line.split()[3], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_model_is_served_until_a_signal(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path) as (address, process):
        data = Path("photos/dark/00.jpg").read_bytes()
        asked = Request(f"{address}/predict", data, {"Content-Type": "image/jpeg"})
        with urlopen(asked) as answer:
            (picture,) = json.load(answer)["pictures"]
        assert {one["name"] for one in picture["top"]} == {"bright", "dark"}
        process.send_signal(number)
        assert process.communicate(timeout=60) == ("", "")
        assert process.returncode == 0


def test_a_port_that_is_taken_is_refused_before_the_model_is_opened(capsys: Capture) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert main(["serve", "gone", "--port", str(port)]) == 2
    assert capsys.readouterr() == (
        "",
        f"error: cannot listen at 127.0.0.1, port {port}: Address already in use; --port 0 takes "
        "any that is free\n",
    )
