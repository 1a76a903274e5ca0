from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from protonet.convert import ConvertOptions
from protonet.convert.files import ImageFiles
from protonet.convert.find import find_parts
from protonet.convert.some_images import SomeImages
from protonet.convert.source import Part, labelled
from protonet.convert.stamps import source_stamp, stamp
from tests.convert.pictures import plain, save


def part(folder: Path) -> Part:
    (found,) = find_parts(folder, ConvertOptions())
    return found


def test_a_stamp_changes_with_the_time_of_a_file(photos: Path) -> None:
    rows = np.array([0, 3])
    before = stamp(part(photos), rows)
    assert stamp(part(photos), rows) == before
    os.utime(photos / "cat" / "001.png", (1, 1))  # is none of them
    assert stamp(part(photos), rows) == before
    os.utime(photos / "cat" / "003.png", (1, 1))
    assert stamp(part(photos), rows) != before


def test_a_stamp_changes_with_the_size_of_a_file(photos: Path) -> None:
    rows, path = np.array([0]), photos / "cat" / "000.png"
    times, before = os.stat(path), stamp(part(photos), np.array([0]))
    path.write_bytes(path.read_bytes() + b"\0")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert stamp(part(photos), rows) != before


def test_a_file_that_is_gone_has_a_stamp_too(photos: Path) -> None:
    listed, rows = part(photos), np.array([0])
    before = stamp(listed, rows)
    (photos / "cat" / "000.png").unlink()
    assert stamp(listed, rows) != before


def test_other_rows_of_the_same_images_have_the_stamp_of_their_files(photos: Path) -> None:
    files = ImageFiles([str(photos / "cat" / f"00{n}.png") for n in range(3)], False)
    labels = labelled(np.zeros(2, np.int64))
    some = Part(SomeImages(files, [2, 0]), labels, None)
    whole = Part(files, labels, None)
    assert stamp(some, np.array([0, 1])) == stamp(whole, np.array([2, 0]))


def test_masks_count(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.png", plain((1, 2, 3)))
    save(tmp_path / "masks" / "a.png", plain((1, 1, 1)).convert("L"))
    before = stamp(part(tmp_path), np.array([0]))
    os.utime(tmp_path / "masks" / "a.png", (1, 1))
    assert stamp(part(tmp_path), np.array([0])) != before


def test_a_source_is_its_own_file_or_the_files_directly_in_it(tmp_path: Path) -> None:
    file, below = tmp_path / "a.csv", tmp_path / "below"
    file.write_text("x\n1\n")
    below.mkdir()
    alone, folder = source_stamp(file), source_stamp(tmp_path)
    (below / "b.csv").write_text("x\n1\n")
    assert (source_stamp(file), source_stamp(tmp_path)) == (alone, folder)
    os.utime(file, (1, 1))
    assert source_stamp(file) != alone
    assert source_stamp(tmp_path) != folder


def test_a_table_of_a_dataset_is_known_by_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"1")
    before = source_stamp(tmp_path / "train")
    (tmp_path / "data.mdb").write_bytes(b"12")
    assert source_stamp(tmp_path / "train") != before


def test_other_files_can_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"1")
    more = [tmp_path / "b"]
    before = source_stamp(tmp_path / "a", more)
    os.utime(tmp_path / "b", (1, 1))
    assert source_stamp(tmp_path / "a", more) != before
