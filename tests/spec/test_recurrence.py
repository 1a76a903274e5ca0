"""What the layers of a step may read, and what cannot stand there."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.wiring import Wirer
from tests.language.expansions import refusal
from tests.specs import spec_of

STEP = """\
step:
  bottoms: [x, h]
  layers:
    - {name: ip, type: InnerProduct, num_output: 4, bottom: x}
    - {name: h_t, type: Eltwise, bottom: [ip, h]}
"""
RUN = "name: r, type: Recurrent, block: step, over: {x: data}, carry: {h: h_t}"


def told(block: str, *layers: str) -> list[str]:
    """Return the first line and the third of each problem."""
    text = refusal(*(layers or (RUN,)), blocks=block)
    lines = text.splitlines()
    heads = [place for place, line in enumerate(lines) if line.startswith("error")]
    return [f"{lines[place]} | {lines[place + 3].strip()}" for place in heads]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            "{name: loss, type: EuclideanLoss, bottom: [ip, h]}",
            "error[PN033] net.yaml:8:30 net.layers.r/loss.type: a loss in a block that is applied "
            "along an axis would be one per step | name what it reads in the tops of the block, "
            "and put it below the Recurrent  see: protonet explain PN033",
        ),
        (
            "{name: acc, type: Accuracy, bottom: [ip, h]}",
            "error[PN033] net.yaml:8:29 net.layers.r/acc.type: a metric in a block that is applied "
            "along an axis would be one per step | name what it reads in the tops of the block, "
            "and put it below the Recurrent  see: protonet explain PN033",
        ),
        (
            "{name: sum, type: Reduction, bottom: ip, loss_weight: 1}",
            "error[PN033] net.yaml:8:65 net.layers.r/sum.loss_weight: a loss in a block that is "
            "applied along an axis would be one per step | name what it reads in the tops of the "
            "block, and put it below the Recurrent  see: protonet explain PN033",
        ),
        (
            "{name: fed, type: Input, shape: [1, 2]}",
            "error[PN033] net.yaml:8:29 net.layers.r/fed.type: an Input in a block that is applied "
            "along an axis would be fed in each step | declare it in net.inputs, and give it to "
            "the block by over or constant  see: protonet explain PN033",
        ),
    ],
)
def test_what_cannot_be_once_a_step_is_refused(layer: str, expected: str) -> None:
    block = STEP.replace("    - {name: h_t", f"    - {layer}\n    - {{name: h_t")
    assert told(block) == [expected]


def test_a_step_sees_its_own_names_only_and_its_names_are_not_seen_outside() -> None:
    inner = STEP.replace("bottom: [ip, h]", "bottom: [ip, data]")
    assert told(inner) == [
        "error[PN023] net.yaml:8:51 net.layers.r/h_t.bottom.1: nothing above in this block gives a "
        "blob data | inside a block only its own names count; known: h, ip, x  "
        "see: protonet explain PN023"
    ]
    why = "r/ip is made anew in every step of r, and is no blob outside"
    hint = "name it among the tops of the block       see: protonet explain PN023"
    readers = (
        "name: a, type: ReLU, bottom: r/ip",
        "name: b, type: ReLU, bottom: layer:r/ip",
    )
    assert told(STEP, RUN, *readers) == [
        f"error[PN023] net.yaml:11:37 net.layers.a.bottom: {why} | {hint}",
        f"error[PN023] net.yaml:12:37 net.layers.b.bottom: {why} | {hint}",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            RUN.replace("h: h_t", "h: h_s"),
            "error[PN033] net.yaml:10:75 net.layers.r.carry.h: the block gives no blob h_s"
            " | did you mean h_t?                         see: protonet explain PN033",
        ),
        (
            RUN.replace("{x: data}", "{x: dada}"),
            "error[PN023] net.yaml:10:57 net.layers.r.over.x: no input or layer above gives a blob "
            "dada | did you mean data?                        see: protonet explain PN023",
        ),
        (
            RUN.replace("h: h_t", "h: [h_t, h0]"),
            "error[PN023] net.yaml:10:81 net.layers.r.carry.h.1: no input or layer above gives a "
            "blob h0 | known: data, label                        see: protonet explain PN023",
        ),
    ],
)
def test_a_name_that_means_nothing_is_told_where_it_stands(line: str, expected: str) -> None:
    assert told(STEP, line) == [expected]


def test_a_top_that_a_phase_does_not_have_is_told_with_the_phase() -> None:
    block = STEP.replace("{name: h_t,", "{name: h_t, phase: train,")
    assert told(block, RUN) == [
        "error[PN023] net.yaml:10:75 net.layers.r.carry.h: the blob h_t does not exist in phase "
        "test | layer r/h_t gives it in phase train only  see: protonet explain PN023"
    ]


def test_a_recurrent_layer_is_there_in_the_phases_of_its_steps() -> None:
    spec = spec_of(
        """\
        net:
          inputs: {data: [4]}
          blocks:
            step: {layers: [{name: relu, type: ReLU, phase: train}]}
          layers:
            - {name: r, type: Recurrent, block: step, over: {x: data}}
            - {name: after, type: TanH, bottom: data}
        """
    )
    wirer = Wirer(spec.net, spec.net.types)
    names = {
        phase: [node.layer.name for node in wirer.wire(spec.net.net_state(phase)).nodes]
        for phase in ("train", "test")
    }
    assert names == {"train": ["r", "after"], "test": ["after"]}
    assert wirer.phases(1) == ("train",)


def test_a_layer_of_the_steps_may_have_the_name_of_the_recurrent_one() -> None:
    block = "step: {layers: [{name: ., type: ReLU}]}"
    run = "name: r, type: Recurrent, block: step, over: {x: data}"
    again = "name: r, type: TanH, bottom: data"
    assert told(block, run, again) == [
        "error[PN021] net.yaml:7:14 net.layers.r.name: the name r is taken by a layer above, in "
        "phase train | weights are stored by layer name          see: protonet explain PN021"
    ]


def test_the_defaults_of_recurrent_layers_say_nothing_of_what_they_read() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of(
            """\
            net:
              inputs: {data: [4]}
              defaults: {Recurrent: {axis: 1, over: {x: data}}}
              blocks:
                step: {layers: [{name: relu, type: ReLU}]}
              layers:
                - {name: r, type: Recurrent, block: step, over: {x: data}}
            """
        )
    assert str(caught.value).splitlines()[0] == (
        "error[PN012] net.yaml:3:35 net.defaults.Recurrent.over: a layer's over is its own"
    )
