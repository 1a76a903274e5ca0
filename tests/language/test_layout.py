"""The flat net, as it is written layer by layer."""

from __future__ import annotations

from protonet.language.expanded import LayerData
from protonet.language.frames import Enter, Frame, Leave, Run, Use
from protonet.language.layout import VALUES_OF_A_LAYER, Layout
from protonet.language.scope import Scope
from protonet.problems import Mark, SourceText
from protonet.source import Marks

MARK = Mark(SourceText("net.yaml", ()), 1, 1, 2)
MARKS = Marks(MARK)
NET = Scope("", {})
INSIDE = Scope("a", {}, (Use("fc", "a", MARK),))


def test_layers_run_in_the_order_in_which_they_are_added() -> None:
    layout = Layout()
    layout.add({"name": "p"}, MARKS, NET)
    layout.add({"name": "q"}, MARKS, NET)
    assert layout.layers == [{"name": "p"}, {"name": "q"}]
    assert layout.steps == [Run(0), Run(1)]
    assert (layout.marks, layout.trails) == ([MARKS, MARKS], [(), ()])


def test_a_layer_of_an_instance_knows_its_instances() -> None:
    layout = Layout()
    layout.add({"name": "a/ip"}, MARKS, INSIDE)
    layout.add({"name": "ip"}, MARKS, NET)
    inner, outer = layout.layers
    assert isinstance(inner, LayerData)
    assert inner.hidden == {"instances": ("a",)}
    assert outer.hidden == {}
    assert layout.trails == [INSIDE.trail, ()]


def test_what_is_no_map_is_kept_for_those_who_refuse_it() -> None:
    layout = Layout()
    layout.add(3, MARKS, NET)
    assert layout.layers == [3]


def test_a_frame_lies_around_the_layers_added_while_it_is_open() -> None:
    layout = Layout()
    layout.add({"name": "p"}, MARKS, NET)
    opened = layout.enter(MARKS, NET)
    layout.add({"name": "a/ip"}, MARKS, INSIDE)
    layout.leave(opened, "a", (("x", "p"),), (("ip", "a"),))
    assert layout.steps == [Run(0), Enter(0), Run(1), Leave(0)]
    assert layout.frames == [Frame("a", range(1, 2), (("x", "p"),), (("ip", "a"),))]
    assert layout.frame_marks == [(MARKS, ())]


def test_other_names_for_blobs_are_a_frame_around_nothing() -> None:
    layout = Layout()
    layout.rename(MARKS, NET, ((None, "a"), ("p", "b")))
    assert layout.steps == [Enter(0), Leave(0)]
    bottoms, tops = (("0", None), ("1", "p")), (("0", "a"), ("1", "b"))
    assert layout.frames == [Frame("", range(0), bottoms, tops)]


def test_an_instance_that_is_wrong_is_a_frame_of_which_nothing_is_known() -> None:
    layout = Layout()
    layout.unknown(MARKS, NET, "a")
    assert layout.steps == [Enter(0), Leave(0)]
    (frame,) = layout.frames
    assert frame is not None
    assert (frame.name, frame.layers, frame.is_known) == ("a", range(0), False)


def test_the_plan_has_steps_frames_and_the_blocks_names() -> None:
    layout = Layout()
    layout.rename(MARKS, NET, (("p", "q"),))
    plan = layout.plan(("fc",))
    assert (plan.steps, plan.frames) == (tuple(layout.steps), tuple(layout.frames))
    assert plan.blocks == ("fc",)


def test_layers_and_frames_count_for_the_size_of_a_net() -> None:
    layout = Layout()
    layout.add({"name": "p"}, MARKS, NET)
    layout.rename(MARKS, NET, (("p", "q"),))
    assert layout.size == 2


def test_so_do_many_values_in_one_layer() -> None:
    layout = Layout()
    layout.add({"name": "p", "values": [0] * (10 * VALUES_OF_A_LAYER)}, MARKS, NET)
    assert layout.size in (10, 11)  # the list itself, and name and map a few values more
