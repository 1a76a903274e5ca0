"""From `dataset://NAME/SPLIT` to a dataset that can be opened, by every way there is."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from protonet.data import open_dataset
from protonet.data.known import Located, Search, locate
from protonet.data.known.sets import KNOWN_SETS
from protonet.errors import DataError, StorageError, UsageError
from tests.data.known.conftest import Mirror
from tests.data.known.tiny import PACKED, pixels, tiny, write_originals

REFUSING = "http://127.0.0.1:9/"
FILES = "train-images.gz, train-labels.gz, test-images.gz, test-labels.gz"


@pytest.fixture
def cache() -> Path:
    return Path(os.environ["PROTONET_CACHE"])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that PROTONET_DATA names."""
    monkeypatch.setenv("PROTONET_DATA", str(tmp_path))
    return tmp_path


def search(*mirrors: str) -> Search:
    return Search(sets={**KNOWN_SETS, "tiny": tiny(*mirrors)}, seconds=5)


def first_image(found: Located) -> list[object]:
    with open_dataset(found.address) as dataset:
        image: list[object] = dataset[0]["data"].tolist()
        return image


def test_original_files_are_converted_once(cache: Path, data: Path) -> None:
    write_originals(data / "tiny")
    found = locate("dataset://tiny/train", search=search())
    assert found == Located(
        f"{cache}/datasets/tiny.lmdb/train",
        "tiny",
        (f"tiny was converted from {data}/tiny to {cache}/datasets/tiny.lmdb",),
    )
    assert first_image(found) == pixels("train")[0][None].tolist()
    test = locate("dataset://tiny/test", search=search())
    assert test == Located(f"{cache}/datasets/tiny.lmdb/test", "tiny")
    assert first_image(test) == pixels("test")[0][None].tolist()


def test_a_converted_set_is_used_without_a_look_elsewhere(
    cache: Path, data: Path, mirror: Mirror
) -> None:
    write_originals(data / "tiny")
    locate("dataset://tiny/train", search=search(mirror.url))
    for file in (data / "tiny").iterdir():
        file.write_bytes(b"not the original")
    (cache / "datasets/.tiny.lock").unlink()
    assert locate("dataset://tiny/train", search=search(mirror.url)).notes == ()
    assert mirror.asked == []
    assert [path.name for path in (cache / "datasets").iterdir()] == ["tiny.lmdb"]


def test_a_set_is_downloaded_and_its_files_kept(cache: Path, mirror: Mirror) -> None:
    mirror.bodies = PACKED
    found = locate("dataset://tiny/test", search=search(mirror.url))
    assert found.notes == (f"tiny was converted from {mirror.url} to {cache}/datasets/tiny.lmdb",)
    assert {path.name for path in (cache / "originals/tiny").iterdir()} == set(PACKED)
    assert first_image(found) == pixels("test")[0][None].tolist()


def test_a_download_reports_its_progress(mirror: Mirror) -> None:
    mirror.bodies = PACKED
    seen: list[int] = []
    sets = {"tiny": tiny(mirror.url)}
    locate(
        "dataset://tiny/test",
        search=Search(sets=sets, progress=lambda done, total: seen.append(done)),
    )
    assert seen[-1] == sum(len(body) for body in PACKED.values())


def test_a_set_that_is_not_under_the_folder_of_data_is_downloaded(
    data: Path, mirror: Mirror
) -> None:
    mirror.bodies = PACKED
    assert locate("dataset://tiny/test", search=search(mirror.url)).name == "tiny"


def test_a_damaged_set_in_the_cache_is_made_again_from_the_files_kept(
    cache: Path, mirror: Mirror
) -> None:
    mirror.bodies = PACKED
    locate("dataset://tiny/train", search=search(mirror.url))
    (cache / "datasets/tiny.lmdb/data.mdb").write_bytes(b"")
    found = locate("dataset://tiny/train", search=search(REFUSING))
    place = f"{cache}/datasets/tiny.lmdb"
    assert found.notes == (
        f"damaged in the cache: {place}: data.mdb cannot be read: it is empty",
        f"tiny was converted again from {cache}/originals/tiny to {place}",
    )
    assert first_image(found) == pixels("train")[0][None].tolist()


def test_damaged_digits_in_the_cache_are_made_again(cache: Path) -> None:
    assert locate("dataset://digits/train").notes == ()
    (cache / "datasets/digits.lmdb/data.mdb").write_bytes(b"")
    place = f"{cache}/datasets/digits.lmdb"
    assert locate("dataset://digits/train").notes == (
        f"damaged in the cache: {place}: data.mdb cannot be read: it is empty",
        f"digits was converted again from protonet to {place}",
    )


def test_a_set_that_several_want_at_once_is_converted_once(data: Path) -> None:
    write_originals(data / "tiny")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: locate("dataset://tiny/test", search=search()), range(8)))
    assert sorted(len(each.notes) for each in found) == [0] * 7 + [1]


def test_a_wrong_file_of_the_users_is_an_error_even_with_a_fallback(data: Path) -> None:
    write_originals(data / "tiny")
    (data / "tiny/train-labels.gz").write_bytes(b"another")
    with pytest.raises(DataError, match="its MD5 is b32d73e56ec99bc5ec8f83871cde708a"):
        locate("dataset://tiny/train", "digits", search())


def test_a_set_that_cannot_be_had_names_every_place(cache: Path, data: Path) -> None:
    with pytest.raises(DataError) as raised:
        locate("dataset://tiny/train", search=search(REFUSING, "http://localhost:9/x/"))
    assert str(raised.value) == (
        f"dataset://tiny cannot be had: {cache}/datasets/tiny.lmdb: not there yet; "
        f"{data}/tiny: there is no such folder; {data}/small: there is no such folder; "
        "http://127.0.0.1:9/train-images.gz: Connection refused; "
        "http://localhost:9/x/train-images.gz: Connection refused. "
        f"Connect to the internet, or put {FILES} into a folder tiny and set PROTONET_DATA to the "
        "folder that holds it, or let another set stand in, loudly: fallback: digits"
    )
    assert not (cache / "datasets/tiny.lmdb").exists()


def test_a_fallback_is_loud_and_has_the_size_of_what_it_stands_for(cache: Path) -> None:
    sets = search(REFUSING)
    train = locate("dataset://tiny/train", "digits", sets)
    assert train == Located(
        f"{cache}/datasets/digits-2x3.lmdb/train",
        "digits",
        (
            "dataset://tiny/train cannot be had; TRAINING ON digits INSTEAD: 1,437 handwritten "
            "digits of 8 x 8 pixels, resampled to 2 x 3",
            f"tiny was looked for: {cache}/datasets/tiny.lmdb: not there yet; PROTONET_DATA is not "
            "set; http://127.0.0.1:9/train-images.gz: Connection refused",
        ),
    )
    test = locate("dataset://tiny/test", "digits", sets)
    assert test == Located(
        f"{cache}/datasets/digits-2x3.lmdb/test",
        "digits",
        (
            "dataset://tiny/test cannot be had; TESTING ON digits INSTEAD: 360 handwritten digits "
            "of 8 x 8 pixels, resampled to 2 x 3",
        ),
    )
    with open_dataset(test.address) as dataset:
        assert dataset.header.fields[0].shape == (1, 2, 3)


def test_a_fallback_that_is_missing_too_is_named_with_its_places(cache: Path) -> None:
    sets = {"tiny": tiny(REFUSING), "other": replace(tiny(REFUSING), name="other")}
    with pytest.raises(DataError) as raised:
        locate("dataset://other/train", "tiny", Search(sets=sets))
    refused = "PROTONET_DATA is not set; http://127.0.0.1:9/train-images.gz: Connection refused"
    assert str(raised.value) == (
        f"dataset://other/train cannot be had: {cache}/datasets/other.lmdb: not there yet; "
        f"{refused}. Nor can its fallback: dataset://tiny cannot be had: "
        f"{cache}/datasets/tiny.lmdb: not there yet; {refused}. "
        f"Connect to the internet, or put {FILES} into a folder tiny and set PROTONET_DATA to the "
        "folder that holds it, or let another set stand in, loudly: fallback: digits"
    )


def test_mnist_without_a_network_falls_back_to_the_digits(cache: Path) -> None:
    found = locate("dataset://mnist/train", "digits")
    assert found.address == f"{cache}/datasets/digits-28x28.lmdb/train"
    assert found.notes[0] == (
        "dataset://mnist/train cannot be had; TRAINING ON digits INSTEAD: 1,437 handwritten digits "
        "of 8 x 8 pixels, resampled to 28 x 28"
    )
    with open_dataset(found.address) as dataset:
        assert dataset.header.fields[0].shape == (1, 28, 28)


def test_a_fallback_is_not_used_where_the_set_is_there(data: Path) -> None:
    write_originals(data / "tiny")
    assert locate("dataset://tiny/train", "digits", search(REFUSING)).name == "tiny"


def test_within_one_search_a_missing_set_is_looked_for_once(mirror: Mirror) -> None:
    one = search(mirror.url)
    locate("dataset://tiny/train", "digits", one)
    mirror.bodies = PACKED  # had it been there from the beginning
    assert locate("dataset://tiny/test", "digits", one).name == "digits"
    assert mirror.asked == ["train-images.gz"]
    assert locate("dataset://tiny/test", "digits", search(mirror.url)).name == "tiny"


@pytest.mark.parametrize(
    ("fallback", "message"),
    [
        ("digit", 'fallback digit: there is no known set "digit"; did you mean digits?'),
        ("tiny", "fallback tiny: a set cannot stand in for itself; name another"),
    ],
)
def test_a_fallback_that_is_none_is_refused_before_it_is_needed(
    data: Path, fallback: str, message: str
) -> None:
    write_originals(data / "tiny")
    with pytest.raises(UsageError) as raised:
        locate("dataset://tiny/train", fallback, search())
    assert str(raised.value) == message


@pytest.mark.parametrize("fallback", ["digits", "dataset://digits"])
def test_a_fallback_may_be_written_as_a_name_or_an_address(fallback: str) -> None:
    assert locate("dataset://tiny/train", fallback, search()).name == "digits"


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(UsageError) as raised:
        locate("dataset://minst/train", "digits")
    assert str(raised.value) == (
        'dataset://minst/train: there is no known set "minst"; did you mean mnist?'
    )


def test_a_cache_that_cannot_be_written_is_named(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("PROTONET_CACHE", str(file))
    with pytest.raises(StorageError) as raised:
        locate("dataset://digits/train")
    assert str(raised.value) == (
        f"{file}: the cache cannot be written: Not a directory; set PROTONET_CACHE to a folder "
        "that can"
    )


def test_the_real_sets(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTONET_DATA", str(reference / "data"))
    counts, labels = {}, {}
    for name in ("mnist", "fashion_mnist"):
        for split in ("train", "test"):
            with open_dataset(locate(f"dataset://{name}/{split}").address) as dataset:
                counts[name, split] = len(dataset)
                labels[name, split] = [int(dataset[index]["label"]) for index in range(10)]
                assert dataset.header.class_counts
                assert min(dataset.header.class_counts) > 0
    assert set(counts.items()) == {
        (("mnist", "train"), 60_000),
        (("mnist", "test"), 10_000),
        (("fashion_mnist", "train"), 60_000),
        (("fashion_mnist", "test"), 10_000),
    }
    # As the files are described everywhere: 7 2 1 0 … for MNIST's test, ankle boot first
    assert labels == {
        ("mnist", "train"): [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        ("mnist", "test"): [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
        ("fashion_mnist", "train"): [9, 0, 0, 3, 0, 2, 7, 2, 5, 5],
        ("fashion_mnist", "test"): [9, 2, 1, 1, 6, 1, 4, 6, 5, 7],
    }
