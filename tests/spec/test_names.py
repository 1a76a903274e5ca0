"""What names mean inside and around blocks."""

from __future__ import annotations

from tests.language.expansions import DENSE, loaded, reads, refusal

IP = "type: InnerProduct, num_output: 784"
TWO = f"""\
two:
  bottoms: [x, skip]
  tops: [sum, ip]
  layers:
    - {{name: ip, {IP}, bottom: x}}
    - {{name: sum, type: Eltwise, bottom: [ip, skip]}}
"""


def read(*layers: str, blocks: str = DENSE, inputs: str = "{data: [784], label: []}") -> object:
    return reads(loaded(*layers, blocks=blocks, inputs=inputs))


def test_a_block_reads_the_nearest_blob_above_and_gives_its_last_layer() -> None:
    assert read("name: d, type: dense, out: 4", "name: e, type: ReLU, bottom: d") == {
        "d/ip": ["data"],
        "d/relu": ["d/ip"],
        "e": ["d/relu"],
    }


def test_several_bottoms_and_tops_are_matched_in_order() -> None:
    found = read(
        f"name: a, {IP}",
        "name: t, type: two, bottom: [a, data], top: [u, v]",
        "name: r, type: ReLU",
        "name: s, type: ReLU, bottom: v",
        blocks=TWO,
    )
    assert found == {
        "a": ["data"],
        "t/ip": ["a"],
        "t/sum": ["t/ip", "data"],
        "r": ["t/sum"],
        "s": ["t/ip"],
    }


def test_the_first_top_has_the_name_of_the_instance_and_the_others_lie_in_it() -> None:
    found = reads(
        loaded(
            "name: t, type: two, bottom: [data, data]",
            "name: r, type: ReLU, bottom: t",
            "name: s, type: ReLU, bottom: t/ip",
            blocks=TWO,
            inputs="{data: [784]}",
        )
    )
    assert (found["r"], found["s"]) == (["t/sum"], ["t/ip"])


def test_what_is_switched_off_passes_its_first_bottom_through_under_its_name() -> None:
    found = read(
        f"name: a, {IP}",
        "name: off, type: two, bottom: [data, a], if: false",
        "name: none, type: dense, out: 3, bottom: off, repeat: 0",
        "name: r, type: ReLU, bottom: none",
        "name: s, type: ReLU",
        blocks=TWO + DENSE,
    )
    assert found == {"a": ["data"], "r": ["data"], "s": ["r"]}


def test_a_repeated_layer_is_chained_and_its_name_means_the_last() -> None:
    assert read(
        f"name: d, {IP}, bottom: data, repeat: 3",
        "name: e, type: ReLU, bottom: d",
        "name: f, type: ReLU, bottom: d_1",
    ) == {"d_1": ["data"], "d_2": ["d_1"], "d_3": ["d_2"], "e": ["d_3"], "f": ["d_1"]}


def test_a_repeated_layer_with_a_top_reads_its_own_blob_again() -> None:
    assert read(
        f"name: d, {IP}, bottom: data, top: z, repeat: 2",
        "name: e, type: ReLU, bottom: z",
        "name: f, type: ReLU, bottom: d",
    ) == {"d_1": ["data"], "d_2": ["d_1"], "e": ["d_2"], "f": ["d_2"]}


def test_a_repeated_block_keeps_its_other_bottoms() -> None:
    found = read(
        "name: d, type: two, bottom: [data, data], repeat: 2",
        "name: f, type: ReLU, bottom: d/ip",
        blocks=TWO,
    )
    assert found == {
        "d_1/ip": ["data"],
        "d_1/sum": ["d_1/ip", "data"],
        "d_2/ip": ["d_1/sum"],
        "d_2/sum": ["d_2/ip", "data"],
        "f": ["d_2/ip"],
    }


def test_an_in_place_top_inside_a_block_gives_the_name_a_new_value() -> None:
    block = (
        f"k: {{layers: [{{name: ip, {IP}}}, {{name: r, type: ReLU, top: ip}}, "
        "{name: s, type: Sigmoid, bottom: 'layer:ip'}, {name: u, type: Eltwise, bottom: [ip, s]}]}"
    )
    assert read("name: d, type: k", "name: e, type: ReLU, bottom: 'layer:d/ip'", blocks=block) == {
        "d/ip": ["data"],
        "d/r": ["d/ip"],
        "d/s": ["d/ip"],
        "d/u": ["d/r", "d/s"],
        "e": ["d/ip"],
    }


def test_an_instance_may_give_a_new_value_to_its_own_bottom() -> None:
    found = read("name: d, type: dense, out: 4, bottom: data, top: data", "name: e, type: ReLU")
    assert found == {"d/ip": ["data"], "d/relu": ["d/ip"], "e": ["d/relu"]}


def test_chaining_passes_over_an_instance_that_gives_a_loss() -> None:
    block = (
        f"k: {{bottoms: [x, y], layers: [{{name: ip, {IP}}}, "
        "{name: loss, type: SoftmaxWithLoss, bottom: [ip, y]}]}"
    )
    found = reads(
        loaded(
            f"name: a, {IP}",
            "name: k, type: k, bottom: [a, label]",
            "name: r, type: ReLU",
            blocks=block,
        )
    )
    assert found["r"] == ["a"]


def test_instances_of_other_phases_are_passed_over() -> None:
    spec = loaded(
        "name: d, type: dense, out: 4, phase: train",
        "name: e, type: dense, out: 4, phase: [test, deploy], bottom: data",
        "name: f, type: InnerProduct, num_output: 2",
    )
    assert reads(spec, "train") == {"d/ip": ["data"], "d/relu": ["d/ip"], "f": ["data"]}
    assert reads(spec, "test") == {"e/ip": ["data"], "e/relu": ["e/ip"], "f": ["data"]}


def test_an_outer_blob_means_nothing_inside_a_block() -> None:
    block = f"k: {{layers: [{{name: ip, {IP}}}, {{name: s, type: Eltwise, bottom: [ip, a]}}]}}"
    assert refusal(f"name: a, {IP}", "name: d, type: k", blocks=block) == (
        "error[PN023] net.yaml:4:105 net.layers.d/s.bottom.1: nothing above in this block gives a "
        "blob a\n"
        f"    4 |     {block}\n"
        f"      | {' ' * 104}^\n"
        "      inside a block only its own names count; known: ip, x  see: protonet explain PN023\n"
        "      in block k, used as d in net.yaml:7:23\n"
        "1 error in net.yaml"
    )


def test_a_blob_that_a_block_has_in_one_phase_only_is_missing_in_the_others() -> None:
    block = f"k: {{layers: [{{name: ip, {IP}}}, {{name: r, type: ReLU, phase: train}}]}}"
    assert refusal("name: d, type: k", "name: e, type: ReLU, bottom: d", blocks=block) == (
        "error[PN023] net.yaml:7:37 net.layers.e.bottom: the blob d does not exist in phase test\n"
        "    7 |     - {name: e, type: ReLU, bottom: d}\n"
        "      |                                     ^\n"
        "      instance d gives it in phase train only   see: protonet explain PN023\n"
        "1 error in net.yaml"
    )
