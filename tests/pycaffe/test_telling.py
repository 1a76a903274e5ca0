from __future__ import annotations

from collections.abc import Iterator

import pytest

from protonet.errors import UsageError
from protonet.pycaffe import telling


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    telling.LOGGER.handlers.clear()
    telling.LOGGER.setLevel(0)


def test_nothing_is_shown_before_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    telling.log("one")
    telling.init_log()
    telling.init_log()
    telling.log("two")
    telling.init_log(2)
    telling.log("three")

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("I")
    assert lines[0].endswith(" two")


def test_levels_are_glogs() -> None:
    with pytest.raises(UsageError) as caught:
        telling.init_log(4)

    assert str(caught.value) == "init_log(4): the level is 0, 1, 2 or 3"
