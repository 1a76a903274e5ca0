from __future__ import annotations

from protonet.run.choice import Choice


def test_nothing_is_compiled_unless_it_is_chosen() -> None:
    assert Choice(None, 2) == Choice(channels_last=None, threads=2, compile=False)
