"""The keys of a source that windows are drawn from."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from protonet.spec.data import DataSpec
from protonet.spec.window_source import WindowsSpec

PLAIN: dict[str, Any] = {
    "source": "w.txt",
    "batch_size": 8,
    "windows": {},
    "transform": {"crop_size": 227},
}
CROP = "transform: {crop_size: 227} is the size that windows are warped to"


def refusals(written: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        DataSpec.model_validate(written)
    return [
        (".".join(map(str, one["loc"])), one["msg"], one["ctx"]["hint"])
        for one in caught.value.errors()
    ]


def test_caffe_s_defaults_hold() -> None:
    windows = DataSpec.model_validate({**PLAIN, "root_folder": "far", "records": 9}).windows
    assert windows == WindowsSpec(
        fg_threshold=0.5,
        bg_threshold=0.5,
        fg_fraction=0.25,
        context_pad=0,
        crop_mode="warp",
        cache_images=False,
    )


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("is_color", True, "windows are cut out of images that are read in colour"),
        ("cache", "ram", "windows: {cache_images: true} keeps the images' files in memory"),
        ("shuffle", True, "windows are drawn at random, foreground and background apart"),
        ("rand_skip", 3, "windows are drawn at random, foreground and background apart"),
        ("sampling", "balanced", "windows are drawn at random, foreground and background apart"),
        ("reservoir", {"size": 3}, "windows are drawn at random, foreground and background apart"),
    ],
)
def test_what_does_not_go_with_windows_is_refused(key: str, value: Any, why: str) -> None:
    assert refusals({**PLAIN, key: value}) == [(key, why, "remove it")]


def test_windows_have_one_size() -> None:
    why = "windows are scaled to the transform's crop_size"
    sides = {"new_height": 3, "new_width": 4}
    assert refusals({**PLAIN, **sides}) == [(key, why, "remove it") for key in sides]


def test_windows_need_a_size_and_caffe_s_map() -> None:
    without = [("windows", "windows needs a crop_size", CROP)]
    assert refusals({**PLAIN, "transform": {"scale": 2}}) == without
    assert refusals({key: PLAIN[key] for key in ("source", "batch_size", "windows")}) == without
    listed = [("transform", "with windows, transform is Caffe's map", CROP)]
    assert refusals({**PLAIN, "transform": [{"type": "Mirror"}]}) == listed


def test_the_window_has_room_between_its_margins() -> None:
    assert DataSpec.model_validate({**PLAIN, "windows": {"context_pad": 113}})
    why = "of 227 pixels nothing is left for the window between two margins of so many"
    refused = refusals({**PLAIN, "windows": {"context_pad": 114}})
    assert refused == [("windows.context_pad", why, "at most 113")]


@pytest.mark.parametrize("source", ["random", ["a.txt", "b.txt"], {"a.txt": 1, "b.txt": 2}])
def test_windows_are_of_one_file(source: Any) -> None:
    why = "windows goes with a source that is one window file"
    written = {**PLAIN, "source": source}
    assert ("windows", why, "remove it") in refusals(written)


def test_a_window_file_is_read_alone() -> None:
    why = "windows are drawn at random, so a window file is read alone"
    other = {"source": "b.lmdb", "batch_size": 8}
    expected = (why, "remove the other sources")
    assert refusals([PLAIN, {"source": "b.lmdb"}]) == [("0.windows", *expected)]
    later = {key: value for key, value in PLAIN.items() if key != "batch_size"}
    assert refusals([other, later]) == [("1.windows", *expected)]
