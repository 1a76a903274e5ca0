from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from protonet.errors import StorageError
from protonet.run.output import Log, Silent


class Shown:
    """An output that remembers what it was shown."""

    def __init__(self, *, live: bool = False) -> None:
        self.live = live
        self.lines: list[str] = []
        self.statuses: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def status(self, text: str) -> None:
        self.statuses.append(text)


@pytest.mark.parametrize(("live", "shown"), [(False, ["said", "progress"]), (True, ["said"])])
def test_the_log_holds_everything_and_a_live_terminal_less(
    live: bool, shown: list[str], tmp_path: Path
) -> None:
    output = Shown(live=live)
    with closing(Log(tmp_path / "log.txt", output)) as log:
        log.say("said")
        log.progress("progress")
        log.note("noted")
    assert output.lines == shown
    assert (tmp_path / "log.txt").read_text() == "said\nprogress\nnoted\n"


def test_a_log_is_gone_on_with(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with closing(Log(tmp_path / "log.txt", Silent())) as log:
            log.say(text)
    assert (tmp_path / "log.txt").read_text() == "one\ntwo\n"


def test_a_line_is_there_before_the_log_is_closed(tmp_path: Path) -> None:
    with closing(Log(tmp_path / "log.txt", Silent())) as log:
        log.note("one")
        assert (tmp_path / "log.txt").read_text() == "one\n"


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        Log(tmp_path / "gone" / "log.txt", Silent())
    assert str(caught.value) == (
        f"{tmp_path}/gone/log.txt: cannot be written: No such file or directory"
    )


def test_a_full_disk_is_told() -> None:
    with closing(Log(Path("/dev/full"), Silent())) as log, pytest.raises(StorageError) as caught:
        log.note("one")
    assert str(caught.value) == "/dev/full: cannot be written: No space left on device"


def test_silence_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.line("one")
    silent.status("two")
    assert silent.live is False
    assert capsys.readouterr() == ("", "")
