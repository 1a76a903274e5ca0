from __future__ import annotations

from protonet.caffe.text_format import parse
from protonet.caffe.writing.text import text_of
from protonet.caffe.writing.tree import group, message, number, shape, text, word


def test_a_tree_is_what_a_parsed_text_would_be() -> None:
    made = message(
        [
            text("name", "n"),
            group("layer", [number("a", 1), number("b", 0.5), number("c", True), word("d", "MAX")]),
            shape("shape", [2, 3]),
        ]
    )
    written = 'name: "n" layer { a: 1 b: 0.5 c: true d: MAX } shape { dim: 2 dim: 3 }'

    assert text_of(made) == text_of(parse(written, ""))
