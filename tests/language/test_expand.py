"""A whole spec, expanded."""

from __future__ import annotations

from protonet.language import expand
from tests.language.expansions import expansion, written
from tests.specs import origin_of


def test_sections_that_have_done_their_work_are_gone_and_the_others_filled_in() -> None:
    head = "vars: {rate: 0.1}\nplugins: []\nsolver: {base_lr: $rate}\n"
    found = expansion("name: d, type: dense, out: 4", head=head)
    assert found.problems == ()
    assert found.data.keys() == {"solver", "net"}
    assert found.data["solver"] == {"base_lr": 0.1}
    assert found.data["net"].keys() == {"inputs", "layers"}


def test_inputs_and_defaults_may_use_variables() -> None:
    text = "vars: {c: 3}\nnet: {inputs: {data: [$c, 4]}, layers: []}\n"
    assert expand(origin_of(text)).data["net"]["inputs"] == {"data": [3, 4]}


def test_an_inner_layer_stands_where_its_block_was_written() -> None:
    found = expansion("name: d, type: dense, out: 4")
    assert str(found.marks.locate(("net", "layers", 0, "num_output"))) == "net.yaml:7:54"


def test_a_text_as_it_was_written_is_not_changed() -> None:
    origin = origin_of(written("name: d, type: dense, out: 4"))
    expand(origin)
    assert origin.data["net"]["layers"] == [{"name": "d", "type": "dense", "out": 4}]
    assert "blocks" in origin.data["net"]


def test_an_override_of_one_instance_leaves_the_other() -> None:
    origin = origin_of(
        written("name: a, type: dense, out: 4", "name: b, type: dense, out: 4")
    ).overridden(["net.layers.a/ip.num_output=32"])
    layers = expand(origin).data["net"]["layers"]
    assert [layer.get("num_output") for layer in layers] == [32, None, 4, None]


def test_an_override_of_an_inner_layer_that_is_not_there_is_told() -> None:
    origin = origin_of(written("name: a, type: dense, out: 4")).overridden(
        ["net.layers.a/pi.num_output=32"]
    )
    (problem,) = expand(origin).problems
    assert problem.render() == (
        "error[PN030] command line:1:1 net.layers.a/pi.num_output: nothing in net.layers is named "
        "a/pi\n"
        "    1 | net.layers.a/pi.num_output=32\n"
        "      | ^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "      did you mean a/ip?                        see: protonet explain PN030"
    )
