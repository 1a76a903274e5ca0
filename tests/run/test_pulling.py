"""How a person sees that something is downloaded."""

from __future__ import annotations

from protonet.run.output import Silent
from protonet.run.pulling import downloaded, pulling


class Shown(Silent):
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.states: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def status(self, text: str) -> None:
        self.states.append(text)


def test_a_download_is_a_line_that_is_gone_at_its_end() -> None:
    shown = Shown()
    how = pulling(shown)
    assert how.progress is not None
    how.progress(1_500_000, 3_000_000)
    how.progress(3_000_000, 3_000_000)
    how.say("converting")
    assert shown.states == ["downloading: 1.5 of 3.0 MB", ""]
    assert shown.lines == ["converting"]
    assert downloaded(0, 1) == "downloading: 0.0 of 0.0 MB"
