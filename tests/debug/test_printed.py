from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from protonet.debug.printed import printed
from protonet.layers.print_values import LOGGER, PRINT
from protonet.run.loading import load
from protonet.run.measure import measure
from protonet.run.output import Silent
from protonet.run.train import train
from tests.layers.building import build
from tests.small import small_file

LOOK = "net.layers.drop={name: drop, type: Print}"
LINE = "Print layer, train, call {}: (1) float32, mean 1, std 0, min 1, max 1, non-finite 0"


class Shown(Silent):
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


def test_lines_are_taken_within_the_block_only(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, LOGGER)
    lines: list[str] = []
    layer = build(PRINT, torch.ones(1))

    layer(torch.ones(1))
    with printed(lines.append):
        layer(torch.ones(1))
    layer(torch.ones(1))

    assert lines == [LINE.format(1)]
    assert capsys.readouterr().err == f"{LINE.format(0)}\n{LINE.format(2)}\n"


def test_a_run_writes_them_into_its_log_and_a_test_shows_them(tmp_path: Path) -> None:
    spec = load(small_file(tmp_path, max_iter=2), [LOOK])
    result = train(spec, run=tmp_path / "run")
    shown = Shown()

    measure(spec, result.folder, "test", shown)

    log = (result.folder / "log.txt").read_text().splitlines()
    # two iterations; three batches of 7, 7 and 6 before the first update, and after the last
    assert [line[:38] for line in log if line.startswith("Print ")] == [
        "Print drop, test, call 0: (7, 5) float",
        "Print drop, test, call 1: (7, 5) float",
        "Print drop, test, call 2: (6, 5) float",
        "Print drop, train, call 0: (8, 5) floa",
        "Print drop, train, call 1: (8, 5) floa",
        "Print drop, test, call 3: (7, 5) float",
        "Print drop, test, call 4: (7, 5) float",
        "Print drop, test, call 5: (6, 5) float",
    ]
    assert [line[:38] for line in shown.lines if line.startswith("Print ")] == [
        "Print drop, test, call 0: (7, 5) float",
        "Print drop, test, call 1: (7, 5) float",
        "Print drop, test, call 2: (6, 5) float",
    ]


def test_the_logger_is_given_back_after_an_error() -> None:
    logger = logging.getLogger(LOGGER)
    before = (logger.level, logger.propagate, [*logger.handlers])

    with pytest.raises(ZeroDivisionError), printed(lambda line: None):
        raise ZeroDivisionError

    assert (logger.level, logger.propagate, [*logger.handlers]) == before
