"""Names that mean the same in every phase."""

from __future__ import annotations

from textwrap import dedent

import pytest

from protonet.look.aliases import NET
from protonet.look.flat_names import FlatNaming, Roles
from tests.specs import spec_of


def naming(text: str) -> FlatNaming:
    return FlatNaming(spec_of(dedent(text)).net)


def test_a_name_that_another_blob_has_in_one_phase_is_no_choice() -> None:
    """`layer:first` would be another blob than second in phase test."""
    found = naming("""\
        net:
          inputs: {data: [4]}
          blocks:
            same: {layers: [{name: ., type: ReLU}]}
          layers:
            - {name: first, type: Power}
            - {name: kept, type: same, if: false, bottom: first}
            - {name: noise, type: Dropout, top: first, phase: train}
            - {name: second, type: Power, bottom: data, top: kept, phase: test}
            - {name: last, type: Power, bottom: kept}
        """)
    assert found.reads[3] == ("kept",)
    assert found.aliases.before(NET) == {
        1: [{"name": "kept", "if": False, "bottom": "first"}],
    }


def test_a_step_keeps_names_of_its_own() -> None:
    found = naming("""\
        net:
          inputs: {data: [T, N, 4]}
          blocks:
            noisy:
              tops: [x]
              layers:
                - {name: noise, type: Dropout, top: x, phase: train}
                - {name: side, type: InnerProduct, num_output: 4, bottom: x}
            step:
              bottoms: [x, h]
              layers:
                - {name: sum, type: Eltwise, bottom: [x, h]}
                - {name: part, type: noisy}
                - {name: out, type: InnerProduct, num_output: 4, bottom: part}
              tops: [out, part]
          layers:
            - {name: all, type: Recurrent, block: step, over: {x: data}, carry: {h: part},
               top: [all, more, last]}
        """)
    (loop,) = (place for place, one in enumerate(found.net.plan.frames) if one.loop)
    assert found.aliases.before(NET) == {}
    assert found.aliases.before(loop) == {
        1: [{"name": "part/x", "if": False, "bottom": "sum"}],
        3: [{"name": "part", "if": False, "bottom": "part/x"}],
    }
    (roles,) = found.roles.values()
    assert roles == Roles({"x": "data"}, {"h": "part"}, {}, ("out", "part"))
    assert found.reads[3] == ("part",)


@pytest.mark.parametrize(
    "rule",
    [
        "include: {min_level: 2}",
        "include: {max_level: -1}",
        "exclude: {max_level: 3}",
        "exclude: {min_level: -2}",
    ],
)
def test_a_layer_of_other_levels_than_the_nets_has_names_too(rule: str) -> None:
    found = naming(f"""\
        net:
          inputs: {{data: [4]}}
          blocks:
            one: {{layers: [{{name: a, type: ReLU, {rule}}}]}}
          layers:
            - {{name: p, type: one}}
        """)
    assert found.reads == {0: ("data",)}
