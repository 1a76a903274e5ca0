from __future__ import annotations

import os
from pathlib import Path

import pytest

from protonet.convert.files import ImageFiles
from protonet.convert.list_file import EXPECTED, list_file
from protonet.convert.source import Part, Reject
from protonet.errors import DataError
from tests.convert.test_folder import touch

LINE = "a line is `path label`"


def read(folder: Path, text: bytes, *images: str, root: str | None = None) -> Part:
    """Read a list of these bytes, beside empty images of these names."""
    touch(folder, *images)
    (folder / "list.txt").write_bytes(text)
    return list_file(folder / "list.txt", root=root, gray=False)


def entries(folder: Path, part: Part) -> list[tuple[str, object]]:
    assert isinstance(part.images, ImageFiles)
    names = [os.path.relpath(path, folder) for path in part.images.paths]
    return list(zip(names, part.labels.tolist(), strict=True))


def refusal(folder: Path, text: bytes, *images: str) -> str:
    """Return what is said of a list of these bytes, less the list's path."""
    with pytest.raises(DataError) as caught:
        read(folder, text, *images)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_line_is_a_path_and_a_label(tmp_path: Path) -> None:
    part = read(tmp_path, b"b.jpg 1\na/c.png 0\nb.jpg 2\n", "b.jpg", "a/c.png")
    assert entries(tmp_path, part) == [("b.jpg", 1), ("a/c.png", 0), ("b.jpg", 2)]
    assert (part.classes, part.table, part.notes) == (("0", "1", "2"), None, ())


@pytest.mark.parametrize(
    "text",
    [
        b"my cat.jpg 0\nx.jpg 1",
        b"\n\n  my cat.jpg   0  \n   \n\tx.jpg\t1\n\n",
        b"my cat.jpg 0\r\nx.jpg 1\r\n\r\n",
        b"\xef\xbb\xbfmy cat.jpg 0\nx.jpg 1\n",
    ],
    ids=["no end of the last line", "blank lines and tabs", "CR LF", "byte order mark"],
)
def test_spaces_blank_lines_and_line_ends_do_not_matter(text: bytes, tmp_path: Path) -> None:
    part = read(tmp_path, text, "my cat.jpg", "x.jpg")
    assert entries(tmp_path, part) == [("my cat.jpg", 0), ("x.jpg", 1)]


def test_spaces_within_a_path_are_kept(tmp_path: Path) -> None:
    assert entries(tmp_path, read(tmp_path, b"a  7 b.jpg 0\n", "a  7 b.jpg")) == [("a  7 b.jpg", 0)]


def test_a_path_need_not_be_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    assert entries(tmp_path, read(tmp_path, b"caf\xe9.jpg 0\n", name)) == [(name, 0)]


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    touch(tmp_path / "far", "a.jpg")
    text = f"{tmp_path}/far/a.jpg 0\n".encode()
    assert entries(tmp_path, read(tmp_path, text)) == [("far/a.jpg", 0)]


def test_a_root_is_put_in_front_of_every_path(tmp_path: Path) -> None:
    """As in convert_imageset, whose lists often begin every path with a slash."""
    touch(tmp_path / "far", "a.jpg", "b.jpg")
    part = read(tmp_path, b"a.jpg 0\n/b.jpg 1\n", root=str(tmp_path / "far"))
    assert entries(tmp_path, part) == [("far/a.jpg", 0), ("far/b.jpg", 1)]


def test_labels_that_never_occur_are_noted(tmp_path: Path) -> None:
    part = read(tmp_path, b"a.jpg 1\na.jpg 4\n", "a.jpg")
    assert part.classes == ("0", "1", "2", "3", "4")
    assert part.notes == (f"{tmp_path}/list.txt: of the 5 labels from 0 to 4, 3 never occur",)


def test_labels_too_large_for_classes_get_no_names(tmp_path: Path) -> None:
    part = read(tmp_path, b"a.jpg 100000\n", "a.jpg")
    assert part.classes is None
    assert part.notes == (
        f"{tmp_path}/list.txt: labels up to 100000 are too many for classes, so they get no names",
    )
    assert read(tmp_path, b"a.jpg 9223372036854775807\n").labels.tolist() == [2**63 - 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "list.txt: the list is empty; expected one `path label` a line"),
        (b"\r\n \n", "list.txt: the list is empty; expected one `path label` a line"),
        (b"\na.jpg\n", f"list.txt:2: `a.jpg` is one word; {LINE}"),
        (b"a.jpg cat\n", f"list.txt:1: the label `cat` is no number; {LINE}"),
        (b"a.jpg 9223372036854775808\n",
         "list.txt:1: the label `9223372036854775808` is too large"),
        (b"a.jpg " + 5000 * b"9",
         f"list.txt:1: the label `{30 * '9'}` is too large"),
        (b"a.jpg 3.5e38\n", "list.txt:1: the label `3.5e38` is too large"),
        (b"a.jpg 0\nb.jpg -1\n",
         "list.txt:2: the label -1 is negative; labels count from 0, and a number that is no class "
         "is written with a point, -1.0"),
        (b'"a.jpg" 0 1\nb.jpg 2\n', "list.txt:1: it has 2 labels, and other lines have 1"),
        (b"a.jpg \xff\n",
         f"list.txt:1: the label `\N{REPLACEMENT CHARACTER}` is no number; {LINE}"),
        (b"a\0.jpg 0\n",
         f"list.txt: it is of no kind that is known; expected {EXPECTED}"),
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_refused(text: bytes, message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text, "a.jpg", "b.jpg") == message


def test_a_window_file_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "w.txt"
    path.write_text("# 0\na.png\n3\n4\n5\n0\n")
    with pytest.raises(DataError) as caught:
        list_file(path, root=None, gray=False)
    assert str(caught.value) == (
        f"{path}: it is a window file: data: {{train: {{source: WINDOWS.txt, windows: {{}}, "
        "transform: {crop_size: 227}, batch_size: 128}} draws windows from it as it trains, "
        "without conversion"
    )


def test_missing_files_are_found_before_any_is_read(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"a.jpg 0\nb.jpg 0\n\nc.jpg 0\nd/ 0\n", "a.jpg", "d/") == (
        "list.txt:2: there is no file b.jpg (3 of 4 are missing); its paths start at the list's "
        "folder; --root FOLDER says where they start"
    )


def test_files_missing_under_a_root_are_named_with_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, b"a.jpg 0\n", root="nowhere")
    assert str(caught.value) == (
        f"{tmp_path}/list.txt:1: there is no file nowhere/a.jpg (1 of 1 are missing); --root says "
        "where they start"
    )


def test_the_root_is_called_as_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.jpg 0\n")
    for root, says in ((None, "root_folder FOLDER says"), ("x", "root_folder says")):
        with pytest.raises(DataError) as caught:
            list_file(tmp_path / "list.txt", root=root, gray=False, option="root_folder")
        assert f"{says} where they start" in str(caught.value)


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        list_file(tmp_path / "list.txt", root=None, gray=False)
    assert str(caught.value) == (
        f"{tmp_path}/list.txt: the list cannot be read: No such file or directory"
    )


def test_a_path_in_quotes_may_end_in_numbers(tmp_path: Path) -> None:
    part = read(tmp_path, b'"my photo 7" 1\n"a.jpg" 0\n', "my photo 7", "a.jpg")
    assert entries(tmp_path, part) == [("my photo 7", 1), ("a.jpg", 0)]


def test_several_labels_are_one_label_of_several_numbers(tmp_path: Path) -> None:
    part = read(tmp_path, b"a b.jpg 1 0 3\na.jpg 0 -1 2\n", "a b.jpg", "a.jpg")
    assert entries(tmp_path, part) == [("a b.jpg", [1, 0, 3]), ("a.jpg", [0, -1, 2])]
    assert (part.labels.dtype.name, part.classes) == ("int64", None)
    part = read(tmp_path, b"a.jpg 1 .5\na.jpg 0 -1e-2\n")
    assert part.labels.dtype == "float32"
    assert part.labels.tolist() == [[1, 0.5], [0, pytest.approx(-0.01)]]


def test_a_label_with_a_point_is_no_class(tmp_path: Path) -> None:
    part = read(tmp_path, b"a.jpg 1.5\na.jpg -1.0\n", "a.jpg")
    assert (part.labels.tolist(), part.labels.dtype.name) == ([1.5, -1.0], "float32")
    assert (part.classes, part.notes) == (None, ())


def test_a_file_name_that_ends_in_a_number_is_told_by_the_other_lines(tmp_path: Path) -> None:
    part = read(tmp_path, b"photo 7 1\na.jpg 0\n", "photo 7", "a.jpg")
    assert entries(tmp_path, part) == [("photo 7", 1), ("a.jpg", 0)]


def test_what_is_wrong_can_be_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    (tmp_path / "list.txt").write_bytes(b"a.jpg 1\nb.jpg 0\nc.jpg cat\n")
    part = list_file(tmp_path / "list.txt", root=None, gray=False, skip=True)
    where = f"{tmp_path}/list.txt"
    assert entries(tmp_path, part) == [("a.jpg", 1)]
    assert part.rejects == (
        Reject(f"{where}:3", f"{where}:3: the label `cat` is no number; {LINE}"),
        Reject(f"{where}:2", f"{where}:2: there is no file {tmp_path}/b.jpg"),
    )


def test_what_is_left_out_does_not_say_what_labels_are(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    text = b"a.jpg 9007199254740993 2\nno.jpg 0.5 1\nb.jpg 3 4\n"
    (tmp_path / "list.txt").write_bytes(text)
    part = list_file(tmp_path / "list.txt", root=None, gray=False, skip=True)
    assert part.labels.tolist() == [[9007199254740993, 2], [3, 4]]  # float64 would lose the 3
    assert entries(tmp_path, part)[1] == ("b.jpg", [3, 4])


def test_the_largest_numbers_are_labels(tmp_path: Path) -> None:
    part = read(tmp_path, b"a.jpg 3.4028234663852886e+38\n", "a.jpg")  # float32 has no larger one
    assert part.labels.tolist() == [3.4028234663852886e38]
