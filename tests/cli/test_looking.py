from __future__ import annotations

import argparse
import io
import sys

import pytest

from protonet.cli.looking import add_format, add_phase, lines_width


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_phase_and_format_have_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_phase(parser)
    add_format(parser)
    assert vars(parser.parse_args([])) == {"phase": "train", "format": "text"}


def test_lines_are_as_long_as_the_terminal_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setattr(sys, "stdout", Screen())
    assert lines_width() == 72


def test_what_goes_elsewhere_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert lines_width() is None
