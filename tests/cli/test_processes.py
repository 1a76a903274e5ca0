"""What is started with `--nproc` is tested in tests/test_distributed.py."""

from __future__ import annotations

import argparse

import pytest

from protonet.cli.processes import add_nproc, in_processes
from protonet.errors import UsageError


def given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_nproc(parser, "so many")
    return parser.parse_args(words)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "PROTONET_LAUNCHER"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("words", [[], ["--nproc", "1"]])
def test_one_process_is_this_one(words: list[str]) -> None:
    assert in_processes(given(*words), lambda options: 7) == 7


def test_processes_of_torchrun_start_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert in_processes(given(), lambda options: 7) == 7
    with pytest.raises(UsageError) as caught:
        in_processes(given("--nproc", "2"), lambda options: 7)
    assert str(caught.value) == ("--nproc starts processes of its own; leave it out under torchrun")


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_number_of_processes_is_a_whole_one(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        given(f"--nproc={text}")
    assert capsys.readouterr().err.endswith(
        f'error: argument --nproc: "{text}" is no number of processes, such as 2\n'
    )
