"""Names that are kept where nothing else means the same in every phase."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from protonet.look.aliases import NET, Aliases, full, local
from protonet.spec.names import Names
from tests.specs import spec_of

NESTED = dedent("""\
    net:
      inputs: {data: [4]}
      blocks:
        noisy:
          tops: [x]
          layers:
            - {name: noise, type: Dropout, top: x, phase: train}
            - {name: scaled, type: Power, bottom: x, top: x, include: {phase: test, stage: slow}}
        outer:
          layers:
            - {name: inner, type: noisy}
            - {name: off, type: ReLU, if: false, phase: test}
            - {name: ip, type: InnerProduct, num_output: 3, bottom: inner, phase: train}
      layers:
        - {name: body, type: outer}
    """)


def aliases() -> Aliases:
    net = spec_of(NESTED).net
    return Aliases(Names(net, net.types))


def test_nothing_is_kept_that_nobody_asked_for() -> None:
    assert aliases().before(NET) == {}
    layers_only = aliases()
    layers_only.keep((NET, "body/inner/noise"))
    assert layers_only.before(NET) == {}


def test_a_name_is_kept_with_all_that_it_stands_for() -> None:
    """When the layers of the instance exist, each of which says so in its own way."""
    kept = aliases()
    kept.keep((NET, "body/inner"))
    when: list[dict[str, Any]] = [
        {"phase": ["train"]},
        {"include": [{"phase": "test", "stage": ["slow"]}]},
    ]
    assert kept.before(NET) == {
        0: [
            *({"name": "body/x", "if": False, "bottom": "data", **one} for one in when),
            *({"name": "body/inner/x", "if": False, "bottom": "body/x", **one} for one in when),
        ],
        2: [{"name": "body/inner", "if": False, "bottom": "body/inner/x", **one} for one in when],
    }


def test_so_is_the_name_of_a_layer_that_is_left_out() -> None:
    kept = aliases()
    kept.keep((NET, "body/off"))
    assert kept.before(NET)[2][-1] == {
        "name": "body/off",
        "if": False,
        "bottom": "body/x",
        "phase": "test",
    }


def test_own_names_have_their_layer_inside() -> None:
    kept = aliases()
    frame = kept._frames[0]
    names = ["layer:ip", "ip", "input:x", "layer:..1"]
    expected = ["layer:body/ip", "body/ip", "body/input:x", "layer:body.1"]
    assert [full(frame, name) for name in names] == expected
    assert full(kept.frame(NET), "input:data") == "input:data"
    assert [local(frame, name) for name in ("layer:body/ip", "body/ip")] == ["layer:ip", "ip"]
    assert local(frame, "layer:body.1") == "layer:..1"
