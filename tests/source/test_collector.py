"""The garbage collector rests while a spec is read, and only then."""

from __future__ import annotations

import gc

import pytest

from protonet.source import without_collector


def test_the_collector_rests_inside_and_works_again_after_it() -> None:
    assert gc.isenabled()
    with without_collector():
        assert not gc.isenabled()
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), without_collector():
        raise ValueError("x")
    assert gc.isenabled()


def test_a_collector_that_rests_already_is_left_at_rest() -> None:
    gc.disable()
    try:
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
