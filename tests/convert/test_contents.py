from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.convert.contents import contents, pieces
from protonet.convert.files import ImageFiles
from protonet.convert.source import Held, Part, labelled
from protonet.data.encoded_images import EncodedImages
from tests.convert.pictures import plain, save


def test_records_of_one_content_have_one_hash(tmp_path: Path) -> None:
    first = save(tmp_path / "a.png", plain((1, 1, 1)))
    second = save(tmp_path / "b.png", plain((1, 1, 1)))
    third = save(tmp_path / "c.png", plain((1, 1, 2)))
    paths = [str(path) for path in (first, second, third)]
    part = Part(ImageFiles(paths, gray=False), labelled(np.array([0, 1, 2])), None)
    a, b, c = contents(part, 2).tolist()
    assert a == b != c


def test_every_field_but_the_label_counts() -> None:
    def hashes(*weights: float) -> list[int]:
        values = {"data": Held(np.array([[1, 2], [1, 2]])), "weight": Held(np.array(weights))}
        part = Part(None, {**values, **labelled(np.array([0, 1]))}, None)
        return contents(part, 1).tolist()  # type: ignore[no-any-return]  # numpy's Any

    assert len(set(hashes(0.5, 0.5))) == 1
    assert len(set(hashes(0.5, 0.25))) == 2


def test_what_cannot_be_read_counts_as_its_name(tmp_path: Path) -> None:
    part = Part(ImageFiles([f"{tmp_path}/x", f"{tmp_path}/y"], gray=False), {}, None)
    assert len(set(contents(part, 1).tolist())) == 2


def test_without_records_there_are_no_hashes() -> None:
    assert contents(Part(None, labelled(np.zeros(0, np.int64)), None), 1).tolist() == []


def test_pieces_are_the_bytes_of_each_record() -> None:
    array = np.array([[1, 2], [3, 4]], np.uint8).T
    assert [bytes(piece) for piece in pieces(array, 2)] == [b"\1\3", b"\2\4"]
    encoded = EncodedImages([b"a", b"bc"], [(1, 1, 1)] * 2)
    assert list(pieces(encoded, 2)) == [b"a", b"bc"]
