from __future__ import annotations

from protonet.caffe.comments import WHOLE, Comment, attached, comments

TEXT = """\
# a net

# the data
layer {
  name: "d # no comment"  # its name
  # inside
}
name: 'x' # behind
# the end
"""


def test_comments_are_found_outside_of_texts() -> None:
    assert list(comments(TEXT)) == [
        Comment(1, 0, " a net", True),
        Comment(3, 0, " the data", True),
        Comment(5, 1, " its name", False),
        Comment(6, 1, " inside", True),
        Comment(8, 0, " behind", False),
        Comment(9, 0, " the end", True),
    ]


def test_comments_belong_to_what_is_below_or_around_them() -> None:
    assert attached(TEXT, [4, 8]) == {
        WHOLE: (" a net",),
        4: (" the data", " its name", " inside"),
        8: (" behind", " the end"),
    }


def test_a_comment_above_the_first_field_is_the_fields() -> None:
    assert attached("# one\n# two\nname: 'x'", [3]) == {3: (" one", " two")}


def test_rulers_and_what_cannot_be_printed_are_left_out() -> None:
    assert attached("#######\n# a\x07b\n# \udce9\nname: 'x'", [4]) == {4: (" a b",)}


def test_a_text_of_comments_has_them_all() -> None:
    assert attached("# one\n# two\n", []) == {WHOLE: (" one", " two")}
