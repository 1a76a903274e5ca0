"""What bottoms are called: chaining, and the names inside blocks and around them."""

from __future__ import annotations

import pytest

from protonet.spec.names import ROOT, Made, Names, Room
from tests.language.expansions import names, refusal

BLOCKS = """\
fc:
  layers:
    - {name: ip, type: InnerProduct, num_output: 4}
    - {name: relu, type: ReLU}
add:
  bottoms: [x, skip]
  layers: [{name: sum, type: Eltwise, bottom: [x, skip]}]
two:
  tops: [a, b]
  layers: [{name: a, type: ReLU}, {name: b, type: TanH, bottom: x}]
trained:
  layers:
    - {name: ip, type: InnerProduct, num_output: 4}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
scored:
  bottoms: [x, label]
  layers: [{name: loss, type: SoftmaxWithLoss, bottom: [x, label]}]
source:
  bottoms: []
  layers: [{name: relu, type: ReLU}]
"""
IP = "name: ip, type: InnerProduct, num_output: 4"


def bottoms(*layers: str) -> dict[str, tuple[str, ...]]:
    """Return what each layer reads, as it is called inside its block."""
    found = names(*layers, blocks=BLOCKS)
    assert found.errors == []
    pairs = zip(found.net.layers, found.bottoms, strict=True)
    return {layer.name: read for layer, read in pairs}


def test_the_first_layer_reads_the_first_input_and_others_the_one_above() -> None:
    assert bottoms(IP, "name: relu, type: ReLU") == {"ip": ("data",), "relu": ("ip",)}


def test_a_bottom_that_is_written_counts() -> None:
    read = bottoms(IP, "name: a, type: ReLU", "name: b, type: ReLU, bottom: ip")
    assert read["b"] == ("ip",)


def test_losses_and_metrics_are_not_chained() -> None:
    loss = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
    accuracy = "name: acc, type: Accuracy, bottom: [ip, label]"
    assert bottoms(IP, loss, accuracy, "name: a, type: ReLU")["a"] == ("ip",)


def test_an_instance_that_gives_a_loss_is_not_chained() -> None:
    loss = "name: loss, type: scored, bottom: [ip, label]"
    assert bottoms(IP, loss, "name: a, type: ReLU")["a"] == ("ip",)


def test_a_layer_reads_what_exists_in_all_its_phases() -> None:
    drop = "name: drop, type: Dropout, phase: train"
    read = bottoms(IP, drop, "name: a, type: ReLU", "name: b, type: ReLU, phase: train")
    assert (read["a"], read["b"]) == (("ip",), ("a",))


def test_an_instance_of_one_phase_is_passed_by_in_the_others() -> None:
    assert bottoms(IP, "name: f, type: fc, phase: train", "name: a, type: ReLU")["a"] == ("ip",)


def test_inside_a_block_the_first_layer_reads_the_blocks_first_bottom() -> None:
    assert bottoms("name: f, type: fc", "name: g, type: ReLU") == {
        "f/ip": ("x",),
        "f/relu": ("ip",),
        "g": ("f",),
    }


def test_the_bottoms_of_an_instance_are_names_around_it() -> None:
    found = names(IP, "name: f, type: fc", "name: s, type: add, bottom: [f, ip]", blocks=BLOCKS)
    assert found.frame_bottoms == [(("x", "ip"),), (("x", "f"), ("skip", "ip"))]


def test_a_blob_inside_an_instance_may_be_read_from_outside() -> None:
    assert bottoms("name: f, type: fc", "name: g, type: ReLU, bottom: f/ip")["g"] == ("f/ip",)


@pytest.mark.parametrize(
    ("top", "first", "second"),
    [("", "t", "t/b"), (", top: p", "p", "t/b"), (", top: [p, q]", "p", "q")],
)
def test_the_tops_of_an_instance_have_names_around_it(top: str, first: str, second: str) -> None:
    read = bottoms(
        f"name: t, type: two{top}", "name: c, type: ReLU", f"name: d, type: ReLU, bottom: {second}"
    )
    assert (read["c"], read["d"]) == ((first,), (second,))


def test_a_top_of_an_instance_may_take_the_name_of_a_blob_above() -> None:
    read = bottoms(IP, "name: f, type: fc, top: ip", "name: g, type: ReLU")
    assert read["g"] == ("ip",)


def test_repetitions_are_chained_and_the_name_is_the_last() -> None:
    found = names("name: r, type: fc, repeat: 2", "name: g, type: ReLU", blocks=BLOCKS)
    assert found.frame_bottoms == [(("x", "data"),), (("x", "r_1"),), (("0", "r_2"),)]
    assert found.bottoms[-1] == ("r",)


def test_repetitions_in_place_read_the_name_that_each_gives_anew() -> None:
    found = names("name: r, type: fc, bottom: data, top: data, repeat: 2", blocks=BLOCKS)
    assert found.frame_bottoms == [(("x", "data"),), (("x", "data"),), (("0", "data"),)]


@pytest.mark.parametrize("off", ["if: false", "repeat: 0"])
def test_what_is_off_gives_its_name_to_its_first_bottom(off: str) -> None:
    found = names(IP, f"name: f, type: fc, {off}", "name: g, type: ReLU", blocks=BLOCKS)
    assert found.frame_bottoms == [(("0", "ip"),)]
    assert found.bottoms[-1] == ("f",)


def test_tops_that_are_not_written_are_the_layers_name_if_it_has_any() -> None:
    silence = "name: quiet, type: Silence, bottom: f"
    found = names("name: f, type: fc", silence, blocks=BLOCKS)
    assert [found.tops(index) for index in range(3)] == [("f/ip",), ("f/relu",), ()]


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (
            ["name: g, type: ReLU, bottom: nope"],
            "error[PN023] net.yaml:25:37 net.layers.g.bottom: "
            "no input or layer above gives a blob nope\n"
            "   25 |     - {name: g, type: ReLU, bottom: nope}\n"
            "      |                                     ^^^^\n"
            "      known: data, label                        see: protonet explain PN023",
        ),
        (
            ["name: g, type: ReLU, bottom: h", "name: h, type: ReLU, bottom: data"],
            "error[PN023] net.yaml:25:37 net.layers.g.bottom: "
            "the blob h is made only below, by layer h\n"
            "   25 |     - {name: g, type: ReLU, bottom: h}\n"
            "      |                                     ^\n"
            "      layers run in the order of the file: move one of them  "
            "see: protonet explain PN023",
        ),
        (
            ["name: f, type: fc, phase: train", "name: g, type: ReLU, bottom: f"],
            "error[PN023] net.yaml:26:37 net.layers.g.bottom: "
            "the blob f does not exist in phase test\n"
            "   26 |     - {name: g, type: ReLU, bottom: f}\n"
            "      |                                     ^\n"
            "      instance f gives it in phase train only   see: protonet explain PN023",
        ),
        (
            ["name: t, type: trained"],
            "error[PN023] net.yaml:17:60 net.layers.t/loss.bottom.1: "
            "nothing above in this block gives a blob label\n"
            "   17 |         - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}\n"
            "      |                                                            ^^^^^\n"
            "      inside a block only its own names count; known: ip, x  "
            "see: protonet explain PN023\n"
            "      in block trained, used as t in net.yaml:25:23",
        ),
        (
            ["name: s, type: source"],
            "error[PN023] net.yaml:23:16 net.layers.s/relu.bottom: "
            "there is nothing above to read\n"
            "   23 |       layers: [{name: relu, type: ReLU}]\n"
            "      |                ^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "      write bottom: […], or give the block bottoms  "
            "see: protonet explain PN023\n"
            "      in block source, used as s in net.yaml:25:23",
        ),
    ],
)
def test_a_name_that_means_nothing_is_refused(layers: list[str], told: str) -> None:
    assert refusal(*layers, blocks=BLOCKS) == f"{told}\n1 error in net.yaml"


def test_a_room_gives_the_nearest_name_that_exists_in_all_phases() -> None:
    room = Room(ROOT, first="data")
    room.chain += [("a", frozenset({"train", "test"})), ("b", frozenset({"train"}))]
    assert room.chained(frozenset({"train"})) == "b"
    assert room.chained(frozenset({"test"})) == "a"
    assert room.chained(frozenset({"deploy"})) == "data"


def test_a_room_knows_the_phases_of_a_name_however_often_it_is_given() -> None:
    room = Room(ROOT)
    room.add("a", Made(0, frozenset({"train"}), "layer a"))
    room.add("a", Made(1, frozenset({"test"}), "layer b"))
    assert room.phases("a") == {"train", "test"}
    assert room.phases("b") == frozenset()


def test_a_name_below_an_unknown_instance_may_exist() -> None:
    room = Room(ROOT, unknown=["f"])
    assert [room.hides(name) for name in ("f", "f/ip", "fc", "g")] == [True, True, False, False]


def test_names_of_a_net_know_in_which_phases_each_layer_is() -> None:
    found: Names = names(IP, "name: a, type: ReLU, phase: test", blocks=BLOCKS)
    assert found.phases == [frozenset({"train", "test", "deploy"}), frozenset({"test"})]
