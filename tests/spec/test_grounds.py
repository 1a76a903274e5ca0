"""What can be seen while a net is wired, and what it is called there."""

from __future__ import annotations

from protonet.language import Frame
from protonet.spec.grounds import Ground, Sight, find_own, why_no_input, why_no_top
from protonet.spec.names import ROOT, Room
from protonet.spec.nodes import FROM_NOTHING, Value

DATA = Value("data")
FIRST, SECOND, IN_PLACE = Value("a", 0), Value("b", 0, 1), Value("a", 1)


def ground() -> Ground:
    """Return a net of an input, a layer that gives a and b, and one that gives a anew."""
    made = Ground(Sight(Room(ROOT)))
    made.begin({"data": DATA})
    made.give("halves", (FIRST, SECOND))
    made.give("again", (IN_PLACE,))
    return made


def test_the_plainest_name_comes_first() -> None:
    net = ground()
    assert net.names(DATA, "") == ("data", "input:data")
    assert net.names(FIRST, "halves") == ("layer:halves",)
    assert net.names(SECOND, "halves") == ("b", "layer:halves.1")
    assert net.names(IN_PLACE, "again") == ("a", "layer:again")


def test_an_input_whose_name_is_taken_keeps_its_own() -> None:
    net = ground()
    net.give("data", (Value("data", 2),))
    assert net.names(DATA, "") == ("input:data",)


def test_what_is_missing_keeps_the_name_that_was_asked_for() -> None:
    assert ground().names(Value("gone", FROM_NOTHING), "") == ("gone",)


def test_own_names_are_found_from_inside_a_frame() -> None:
    net, frame = ground(), Frame("i", range(2, 3), (("x", "a"),), ())
    net.give("i/c", (Value("i/c", 2),))
    inside = Sight(Room(frame))
    inside.begin({"x": IN_PLACE})
    inside.blobs["x"] = Value("i/x", 3)
    names = ("input:x", "input:data", "layer:c", "layer:halves")
    assert [find_own(name, inside, net) for name in names] == [
        IN_PLACE,
        None,
        Value("i/c", 2),
        None,
    ]
    assert find_own("layer:halves.1", net.sight, net) == SECOND


def test_why_an_own_name_means_nothing_is_told() -> None:
    net = ground()
    assert why_no_input("input:dat", net.sight) == (
        "no input of the net is named dat",
        "did you mean data?",
    )
    inside = Sight(Room(Frame("i", range(2, 3), (), ())))
    inside.begin({"x": DATA})
    assert why_no_input("input:y", inside) == ("no bottom of this block is named y", "known: x")
    assert why_no_top("layer:halves.2", net, "halves") == (
        "layer halves has no top 2",
        "its tops are layer:halves and layer:halves.1",
    )
    assert why_no_top("layer:again.1", net, "again") == (
        "layer again has no top 1",
        "its only top is layer:again",
    )
    assert why_no_top("layer:half", net, "half") is None


def test_the_layers_that_gave_something_are_known() -> None:
    assert [*ground().layers()] == ["halves", "again"]
