from __future__ import annotations

from protonet.caffe.marked import leaf, listing, mapping
from protonet.problems import Mark, SourceText

TEXT = SourceText("net.prototxt", ("a: 1",) * 9)


def at(line: int) -> Mark:
    return Mark(TEXT, line, 1, 2)


def test_data_and_places_grow_together() -> None:
    inner = mapping(at(3))
    inner.put("pad", leaf(1, at(5)), at(4))
    whole = mapping(at(1))
    whole.put("layers", listing([inner, leaf("x", at(6))], at(2)), at(2))

    assert whole.data == {"layers": [{"pad": 1}, "x"]}
    assert whole.marks.locate(("layers", 0, "pad")) == at(5)
    assert whole.marks.locate(("layers", 0, "pad"), key=True) == at(4)
    assert whole.marks.locate(("layers", 1)) == at(6)
    assert whole.marks.locate(("layers", 0, "stride")) == at(3)


def test_a_map_says_what_it_has() -> None:
    made = mapping(at(1))
    made.put("pad", leaf(1, at(2)))

    assert "pad" in made
    assert "stride" not in made


def test_a_leaf_stands_in_one_place_as_a_whole() -> None:
    assert leaf([1, 2], at(7)).marks.locate((1,)) == at(7)
