"""Window files: what they say, and where they are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.window_file import is_window_file, read_window_file
from protonet.errors import DataError

TEXT = """\
# 0
a/one picture.jpg
3
30
40
2
7 0.75 1 2 39 29
0 0.1 0 0 5 6
# 1
b.png
3
10
20
0
# 2
c.png
3
10
20
1
2 1 3 4 3 4
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "w.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(DataError) as caught:
        read_window_file(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_images_and_their_windows_are_read(tmp_path: Path) -> None:
    file = read_window_file(written(tmp_path, TEXT))
    assert file.path == f"{tmp_path}/w.txt"
    assert file.images == ["a/one picture.jpg", "b.png", "c.png"]
    assert file.lines == [2, 10, 16]
    assert file.sizes.tolist() == [[30, 40], [10, 20], [10, 20]]
    assert file.image.tolist() == [0, 0, 2]
    assert file.label.tolist() == [7, 0, 2]
    assert file.overlap.tolist() == [0.75, np.float32(0.1), 1.0]
    assert file.boxes.tolist() == [[1, 2, 39, 29], [0, 0, 5, 6], [3, 4, 3, 4]]
    assert file.written.tolist() == [7, 8, 21]


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.removesuffix("\n"),
        "\n\r\n" + TEXT.replace("\n", "\n\n"),
        TEXT.replace(" 0.75 ", " \t7.5e-1  "),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("# 1", "#\t1 "),
    ],
)
def test_ends_of_lines_and_white_space_do_not_matter(text: str | bytes, tmp_path: Path) -> None:
    file = read_window_file(written(tmp_path, text))
    assert file.images == ["a/one picture.jpg", "b.png", "c.png"]
    assert file.overlap.tolist() == [0.75, np.float32(0.1), 1.0]
    assert file.boxes.tolist() == [[1, 2, 39, 29], [0, 0, 5, 6], [3, 4, 3, 4]]


def test_a_path_may_begin_with_a_hash_and_be_no_utf_8(tmp_path: Path) -> None:
    text = TEXT.encode().replace(b"b.png", b"#\xff.png")
    assert read_window_file(written(tmp_path, text)).images[1] == "#\udcff.png"


def test_many_windows_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.data.window_file._AT_ONCE", 3)
    lines = [f"{k} 0.5 {k} 0 {k} 1" for k in range(10)]
    text = "\n".join(["# 0", "a", "3", "5", "10", "10", *lines])
    file = read_window_file(written(tmp_path, text))
    assert file.label.tolist() == list(range(10))
    assert file.written.tolist() == list(range(7, 17))


def test_a_window_file_is_known_by_its_first_line(tmp_path: Path) -> None:
    assert is_window_file(written(tmp_path, TEXT))
    assert is_window_file(str(written(tmp_path, b"\xef\xbb\xbf# 0\r\n")))
    for other in ("", "# 1\n", "#0\n", "a.jpg 0\n"):
        assert not is_window_file(written(tmp_path, other))
    assert not is_window_file(tmp_path / "none")
    assert not is_window_file(tmp_path)


WINDOW = "a window is `class overlap x1 y1 x2 y2`"
BAD = (
    f"{WINDOW}: class and pixels are whole numbers, the class at least 0, and the overlap is "
    "finite; not "
)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (TEXT, "", "w.txt: the window file is empty; it begins with `# 0`"),
        (TEXT, "\n\r\n", "w.txt: the window file is empty; it begins with `# 0`"),
        ("# 0\n", "", "w.txt:1: a window file begins with `# 0`, and not with `a/one picture.jpg`"),
        ("# 0\n", "#0\n", "w.txt:1: a window file begins with `# 0`, and not with `#0`"),
        ("# 0", "# 1", "w.txt:1: the images are numbered from 0, so this is `# 0`, not `# 1`"),
        ("# 2", "# 3", "w.txt:15: the images are numbered from 0, so this is `# 2`, not `# 3`"),
        ("# 1", "#", "w.txt:9: the images are numbered from 0, so this is `# 1`, not `#`"),
        (
            "\n3\n10\n20\n0\n",
            "\n",
            "w.txt:9: 1 lines follow before the next image, line 11, and an image has at least 5: "
            "path, channels, height, width, number of windows",
        ),
        (
            "\n1\n2 1 3 4 3 4\n",
            "",
            "w.txt:15: 4 lines follow before the end of the file, and an image has at least 5: "
            "path, channels, height, width, number of windows",
        ),
        (
            "jpg\n3\n",
            "jpg\n1\n",
            "w.txt:3: the image has 1 channels; images are read in colour, so write 3",
        ),
        ("\n30\n", "\n3O\n", "w.txt:4: the height is a whole number, not `3O`"),
        ("\n40\n", "\n-40\n", "w.txt:5: the width is a whole number, not `-40`"),
        ("\n40\n", "\n0\n", "w.txt:5: the image's width is 0"),
        (
            "\n40\n",
            f"\n{'9' * 5000}\n",
            f"w.txt:5: the width is a whole number, not `{'9' * 39}…`",
        ),
        (
            "\n2\n7",
            "\n3\n7",
            "w.txt:6: the image has 3 windows by this line, and 2 lines follow before the next "
            "image, line 9",
        ),
        (
            "\n1\n2",
            "\n4\n2",
            "w.txt:20: the image has 4 windows by this line, and 1 lines follow before the end of "
            "the file",
        ),
        ("0 0.1 0 0 5 6", "0 0.1 0 0 5", f"w.txt:8: {WINDOW}, and not `0 0.1 0 0 5`"),
        ("0 0.1 0 0 5 6", "0 0.1 0 O 5 6", f"w.txt:8: `O` is no number; {WINDOW}"),
        ("0 0.1 0 0 5 6", "0 nan 0 0 5 6", f"w.txt:8: {BAD}`0 nan 0 0 5 6`"),
        ("0 0.1 0 0 5 6", "0 0.1 0 0 5.5 6", f"w.txt:8: {BAD}`0 0.1 0 0 5.5 6`"),
        ("0 0.1 0 0 5 6", "-1 0.1 0 0 5 6", f"w.txt:8: {BAD}`-1 0.1 0 0 5 6`"),
        ("0 0.1 0 0 5 6", "0 0.1 0 0 5 3e9", f"w.txt:8: {BAD}`0 0.1 0 0 5 3e9`"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert TEXT.count(old) == 1
    assert refusal(tmp_path, TEXT.replace(old, new)) == told
    if old != TEXT:
        assert refusal(tmp_path, TEXT.replace(old, new).replace("\n", "\r\n")) == told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_window_file(tmp_path / "none.txt")
    told = f"{tmp_path}/none.txt: the window file cannot be read: No such file or directory"
    assert str(caught.value) == told
