from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, Encoding
from protonet.convert.stored import open_stored
from protonet.errors import UsageError
from protonet.run.sheet import contact_sheet
from tests.convert.pictures import class_folders, made
from tests.data.tables import write


@pytest.mark.parametrize("encode", [None, Encoding()])
def test_records_are_drawn_evenly_over_a_table(encode: Encoding | None, tmp_path: Path) -> None:
    made(class_folders(tmp_path / "p", cat=10, dog=10), tmp_path / "a.lmdb",
         ConvertOptions(encode=encode))  # fmt: skip
    (stored,) = open_stored(tmp_path / "a.lmdb")
    picture = contact_sheet(stored, stored.header(), 4)
    with Image.open(BytesIO(picture.png)) as image:
        assert image.size == (picture.width, picture.height)
        colours = {image.convert("RGB").getpixel((6 + 48 + 102 * k, 30)) for k in range(4)}
    assert colours == {(0, 0, 7), (0, 5, 7), (1, 0, 7), (1, 5, 7)}  # records 0, 5, 10 and 15


def test_more_than_there_are_cannot_be_drawn(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "p", cat=2), tmp_path / "a.lmdb")
    (stored,) = open_stored(tmp_path / "a.lmdb")
    assert contact_sheet(stored, stored.header(), 9) == contact_sheet(stored, stored.header(), 2)


def test_what_is_no_image_is_not_drawn(tmp_path: Path) -> None:
    write(tmp_path / "a.lmdb", {"data": np.zeros((2, 3))})
    (stored,) = open_stored(tmp_path / "a.lmdb")
    with pytest.raises(UsageError) as caught:
        contact_sheet(stored, stored.header(), 2)
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: a record of its field data has the shape [3], and a sheet shows "
        "images (C, H, W) of 1 or 3 channels"
    )


def test_a_name_is_written_in_letters_that_the_font_has(tmp_path: Path) -> None:
    pictures = []
    for number, name in enumerate(("Kühe", "Kuhe", "Kuha")):
        made(class_folders(tmp_path / f"p{number}", **{name: 2}), tmp_path / f"{number}.lmdb")
        (stored,) = open_stored(tmp_path / f"{number}.lmdb")
        pictures.append(contact_sheet(stored, stored.header(), 2).png)
    assert pictures[0] == pictures[1] != pictures[2]
