from __future__ import annotations

from contextlib import nullcontext

import pytest

from protonet.distributed.group import ALONE, Group
from protonet.run import crew
from protonet.run.crew import Crew, gathered_crew


def test_a_process_by_itself_writes_where_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with gathered_crew() as found:
        assert found == Crew(ALONE, None)


def test_what_another_process_writes_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "joined", lambda: nullcontext(Group(1, 2)))
    with gathered_crew() as found:
        assert found.scratch is not None
        path = found.scratch.path
        found.scratch.write(found.scratch.facts, "{}")
        assert path.is_dir()
    assert not path.exists()
