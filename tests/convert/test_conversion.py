"""What a conversion makes of each kind of source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import protonet
from protonet.convert import ConvertOptions, convert
from protonet.errors import UsageError
from tests.convert.pictures import (
    FORMATS,
    SPLIT,
    class_folders,
    content,
    converted,
    encoded,
    left,
    made,
    plain,
    records,
    save,
)
from tests.convert.test_idx_pair import pair


@FORMATS
def test_class_folders_become_a_dataset(ending: str, photos: Path, tmp_path: Path) -> None:
    images, labels = converted(photos, tmp_path / f"out.{ending}")
    assert images.shape == (15, 3, 3, 4)
    numbers = [*range(5), *range(10)]
    assert labels == [0] * 5 + [1] * 10
    assert images[:, :, 2, 3].tolist() == [
        [label, number, 7] for label, number in zip(labels, numbers, strict=True)
    ]
    assert left(tmp_path) == {"photos", f"out.{ending}"}


def test_a_list_becomes_a_dataset_in_its_own_order(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("photos/dog/003.png 2\nphotos/cat/001.png 0\n")
    images, labels = converted(tmp_path / "list.txt", tmp_path / "out.lmdb")
    assert labels == [2, 0]
    assert images[:, :, 0, 0].tolist() == [[1, 3, 7], [0, 1, 7]]


@FORMATS
def test_idx_files_become_a_dataset(ending: str, tmp_path: Path) -> None:
    images, labels = converted(pair(tmp_path), tmp_path / f"out.{ending}")
    assert images.tolist() == [[[[1, 2, 3]]], [[[253, 254, 255]]]]
    assert labels == [3, 1]


def test_a_folder_of_idx_pairs_becomes_a_table_for_each(tmp_path: Path) -> None:
    pair(tmp_path / "mnist", "train")
    pair(tmp_path / "mnist", "t10k")
    report = made(tmp_path / "mnist", tmp_path / "out.lmdb")
    assert [table.name for table in report.tables] == ["train", "test"]
    assert report.count == 4
    for table in report.tables:
        assert table.address == f"{tmp_path}/out.lmdb/{table.name}"
        assert records(table.address)[1] == [3, 1]


def test_folders_of_the_parts_of_a_set_become_a_table_for_each(tmp_path: Path) -> None:
    class_folders(tmp_path / "set" / "train", cat=2, dog=1)
    class_folders(tmp_path / "set" / "test", dog=2)
    report = made(tmp_path / "set", tmp_path / "out.h5")
    assert [records(table.address)[1] for table in report.tables] == [[0, 0, 1], [1, 1]]
    assert report.notes == (
        f"{tmp_path}/set/test: no image in 1 class folder, kept as a class: cat",
        "2 of the 2 records of test are in train too, which flatters what is measured on them: "
        f"{tmp_path}/set/test/dog/000.png is {tmp_path}/set/train/cat/000.png",
    )


def test_the_header_says_what_numpy_says(photos: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
    save(photos / "cat" / "noise.png", Image.fromarray(noise))
    options = ConvertOptions(shuffle=3)
    (table,) = made(photos, tmp_path / "out.lmdb", options).tables
    images, labels = records(table.address)
    header = table.header
    assert (header.count, header.classes, header.channels) == (16, ("cat", "dog"), "RGB")
    assert header.class_counts == tuple(np.bincount(labels).tolist()) == (6, 10)
    assert header.mean == pytest.approx(images.mean((0, 2, 3)), rel=1e-12)
    assert header.std == pytest.approx(images.std((0, 2, 3)), rel=1e-12)
    assert [(field.name, field.dtype, field.shape) for field in header.fields] == [
        ("data", "uint8", (3, 3, 4)),
        ("label", "int64", ()),
    ]


def test_the_header_says_how_the_dataset_was_made(photos: Path, tmp_path: Path) -> None:
    known = {"command": "convert", "source": str(photos), "version": protonet.__version__}
    (table,) = made(photos, tmp_path / "out.lmdb").tables
    assert table.header.made_by == known
    options = replace(SPLIT, resize=(3, 2), gray=True, shuffle=0)
    table = made(photos, tmp_path / "2.lmdb", options).tables[1]
    chosen = {"resize": "3x2", "gray": "True", "shuffle": "0", "split": "train:0.8,test:0.2"}
    assert table.header.made_by == {**known, **chosen}


def test_images_are_scaled_and_made_grey(photos: Path, tmp_path: Path) -> None:
    save(photos / "cat" / "large.png", plain((255, 0, 0), 400, 300))
    options = ConvertOptions(resize=(2, 1), gray=True)
    images, _ = converted(photos, tmp_path / "out.lmdb", options)
    assert images.shape == (16, 1, 1, 2)
    assert images[5].tolist() == [[[76, 76]]]  # 0.299 · 255 = 76.2


def test_a_seed_is_an_order(photos: Path, tmp_path: Path) -> None:
    hashes = []
    for number, seed in enumerate((None, 1, 1, 2)):
        path = tmp_path / f"{number}.lmdb"
        images, labels = converted(photos, path, ConvertOptions(shuffle=seed))
        assert images[:, 0, 0, 0].tolist() == labels  # image and label stay together
        assert sorted(labels) == [0] * 5 + [1] * 10
        hashes.append(content(path))
    plain_order, one, one_again, two = hashes
    assert one == one_again
    assert len({plain_order, one, two}) == 3


def test_a_split_takes_its_fraction_of_every_class(photos: Path, tmp_path: Path) -> None:
    seen = []
    for number, seed in enumerate((None, 4)):
        report = made(photos, tmp_path / f"{number}.h5", replace(SPLIT, shuffle=seed))
        assert [table.name for table in report.tables] == ["train", "test"]
        counts = [table.header.class_counts for table in report.tables]
        assert counts == [(4, 8), (1, 2)]  # four fifths and a fifth of 5 and 10
        both = [records(table.address)[0][:, :2, 0, 0].tolist() for table in report.tables]
        everything = [[0, number] for number in range(5)] + [[1, number] for number in range(10)]
        assert sorted(both[0] + both[1]) == everything
        assert (both[0] == sorted(both[0])) is (seed is None)
        seen.append(sorted(both[1]))
    assert seen[0] != seen[1]


@FORMATS
def test_the_number_of_workers_changes_nothing(ending: str, photos: Path, tmp_path: Path) -> None:
    lines = [f"photos/{kind}/00{n}.png {n}\n" for n in range(5) for kind in ("cat", "dog")] * 100
    (tmp_path / "list.txt").write_text("".join(lines))
    files = []
    for workers in (1, 4):
        path = tmp_path / f"{workers}" / f"out.{ending}"
        path.parent.mkdir()
        options = ConvertOptions(workers=workers, resize=(9, 9))
        (table,) = made(tmp_path / "list.txt", path, options).tables
        file = path / "data.mdb" if path.is_dir() else path
        files.append((table.header.content_hash, file.read_bytes()))
    assert files[0] == files[1]


def test_lmdb_and_hdf5_hold_the_same(photos: Path, tmp_path: Path) -> None:
    made(photos, tmp_path / "a.lmdb")
    made(photos, tmp_path / "a.h5")
    assert content(tmp_path / "a.lmdb") == content(tmp_path / "a.h5")


def test_progress_is_told_over_all_tables(photos: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    convert(photos, tmp_path / "a.lmdb", SPLIT, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 15), (12, 15), (15, 15)]


def test_what_can_be_mended_is_noted(photos: Path, tmp_path: Path) -> None:
    jpeg = encoded(plain((9, 9, 9)), "JPEG")
    (photos / "cat" / "junk.jpg").write_bytes(jpeg[:20] + b"\0" + jpeg[20:])
    assert made(photos, tmp_path / "a.lmdb").notes == (
        f"damaged, yet readable: {photos}/cat/junk.jpg (Corrupt JPEG data: 1 extraneous bytes "
        "before marker 0xdb)",
    )


def test_an_existing_dataset_is_kept_unless_forced(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.lmdb"
    made(photos, path)
    before = content(path)
    with pytest.raises(UsageError) as caught:
        convert(photos, path, ConvertOptions(gray=True))
    assert (
        str(caught.value) == f"{path}: exists already; give another name, or --force to replace it"
    )
    assert content(path) == before
    made(photos, path, ConvertOptions(gray=True, force=True))
    assert content(path) != before


def test_what_two_parts_have_to_say_is_said_once(tmp_path: Path) -> None:
    for colour, name in enumerate(("train", "test")):
        save(tmp_path / "set" / name / "cat" / "a.png", Image.new("L", (4, 3), colour))
        (tmp_path / "set" / name / "dog").mkdir()
    assert made(tmp_path / "set", tmp_path / "a.lmdb").notes == (
        f"{tmp_path}/set/train: no image in 1 class folder, kept as a class: dog",
        "every image is grey; with --gray a record takes a third of the space",
        f"{tmp_path}/set/test: no image in 1 class folder, kept as a class: dog",
    )
