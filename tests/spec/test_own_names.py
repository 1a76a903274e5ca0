"""Names that mean one value for good."""

from __future__ import annotations

import pytest

from protonet.spec.own_names import bare, is_own, layer_and_top, own_output


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("layer:a", True), ("input:a", True), ("a", False), ("inst/input:x", False), ("a:b", False)],
)
def test_own_names_begin_with_what_they_are_of(name: str, is_one: bool) -> None:
    assert is_own(name) is is_one


def test_a_bare_name_has_no_prefix() -> None:
    assert [bare(name) for name in ("layer:a/b", "input:data", "data")] == ["a/b", "data", "data"]


@pytest.mark.parametrize(
    ("layer", "top", "name"),
    [("a", 0, "layer:a"), ("a/b", 1, "layer:a/b.1"), (".", 0, "layer:."), (".", 12, "layer:..12")],
)
def test_a_layer_and_its_top_are_found_in_the_name(layer: str, top: int, name: str) -> None:
    assert own_output(layer, top) == name
    assert layer_and_top(name) == (layer, top)
