from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert.files import ImageFiles
from protonet.convert.image_column import FileColumn, ImageColumn
from protonet.convert.pairs import MaskFiles
from protonet.data.decoding import Encoded
from protonet.data.layout import Array
from protonet.errors import DataError
from tests.convert.pictures import encoded, plain, save

REPAIR = "repair or remove it; protonet convert --on-error skip leaves such files out"


def files(folder: Path, *sizes: tuple[int, int], gray: bool = False) -> ImageFiles:
    """Write pictures of these sizes, (width, height); pixels are (number, 2, 3)."""
    paths = [
        save(folder / f"{number}.png", plain((number, 2, 3), *size))
        for number, size in enumerate(sizes)
    ]
    return ImageFiles([str(path) for path in paths], gray)


def gathered(column: ImageColumn | FileColumn, *rows: int) -> Array:
    out = np.full((len(rows), *column.column.shape), 99, column.column.dtype)
    column.gather(np.array(rows), out)
    return out


def refusal(column: ImageColumn | FileColumn, *rows: int) -> str:
    with pytest.raises(DataError) as caught:
        gathered(column, *rows)
    return str(caught.value)


def test_images_of_one_size_are_gathered_in_any_order(tmp_path: Path) -> None:
    column = ImageColumn("data", files(tmp_path, *[(4, 3)] * 9), None)
    assert column.column.shape == (3, 3, 4)
    for rows in ((8,), (8, 0, 0, 3, 7, 1, 2)):  # by itself, and by threads
        images = gathered(column, *rows)
        assert images[:, :, 2, 3].tolist() == [[row, 2, 3] for row in rows]


def test_images_are_scaled_to_a_size_that_is_given(tmp_path: Path) -> None:
    column = ImageColumn("data", files(tmp_path, (4, 3), (9, 9), (1, 1)), (6, 5))
    assert gathered(column, 2, 1)[:, :, 4, 5].tolist() == [[2, 2, 3], [1, 2, 3]]
    assert column.column.shape == (3, 5, 6)


def test_gray_images_have_one_channel(tmp_path: Path) -> None:
    column = FileColumn("data", files(tmp_path, (4, 3), gray=True))
    # Rec. 601: 0.587 · 2 + 0.114 · 3 = 1.5
    assert gathered(column, 0).shape == (1, 1, 3, 4)
    assert column.gray


def test_masks_are_gathered_without_an_axis_of_channels(tmp_path: Path) -> None:
    mask = Image.fromarray(np.array([[0, 7], [255, 3]], np.uint8))
    column = ImageColumn(
        "label", MaskFiles((str(save(tmp_path / "m.png", mask)),)), None, masks=True
    )
    assert gathered(column, 0).tolist() == [[[0, 7], [255, 3]]]
    scaled = ImageColumn("label", MaskFiles((str(tmp_path / "m.png"),)), (4, 2), masks=True)
    assert gathered(scaled, 0).tolist() == [[[0, 0, 7, 7], [255, 255, 3, 3]]]


def test_an_image_of_another_size_is_named(tmp_path: Path) -> None:
    column = FileColumn("data", files(tmp_path, (4, 3), (4, 3), (5, 3)))
    assert refusal(column, 0, 1, 2, 1, 0) == (
        f"{tmp_path}/2.png is 5x3 pixels, and {tmp_path}/0.png is 4x3: images of different sizes "
        "need transforms that give them one, such as Resize or RandomResizedCrop, or new_height "
        "and new_width"
    )
    assert column.image(2).shape == (3, 3, 5)


def test_an_image_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    images = files(tmp_path, *[(4, 3)] * 6)
    column = FileColumn("data", images)
    (tmp_path / "4.png").write_bytes(b"")
    assert refusal(column, 0, 1, 4, 2, 3) == (
        f"{tmp_path}/4.png: cannot be read as an image: the file is empty; {REPAIR}"
    )
    (tmp_path / "5.png").unlink()
    why = f"{tmp_path}/5.png: cannot be read as an image: No such file or directory; {REPAIR}"
    assert refusal(column, 5) == why
    with pytest.raises(DataError) as caught:
        column.encoded(5)
    assert str(caught.value) == why
    with pytest.raises(DataError) as caught:
        ImageColumn("data", ImageFiles([str(tmp_path / "4.png")], gray=False), None)
    assert str(caught.value).startswith(f"{tmp_path}/4.png: cannot be read as an image: ")


def test_files_can_be_had_as_they_are(tmp_path: Path) -> None:
    column = FileColumn("data", files(tmp_path, (4, 3), (9, 8)))
    assert isinstance(column, Encoded)
    assert column.encoded(1) == encoded(plain((1, 2, 3), 9, 8))
    assert column.shape(column.encoded(1)) == (3, 8, 9)
    assert column.name(1) == f"{tmp_path}/1.png"
