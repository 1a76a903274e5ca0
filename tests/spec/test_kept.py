from __future__ import annotations

from protonet.spec.kept import sharing_of, wirer_of
from tests.specs import net_of

NET = net_of("name: ip, type: InnerProduct, num_output: 2", "name: relu, type: ReLU")


def test_a_net_is_wired_once_for_all_that_ask() -> None:
    state = NET.net_state("train")
    assert wirer_of(NET) is wirer_of(NET)
    assert wirer_of(NET).wire(state) is wirer_of(NET).wire(state)
    assert wirer_of(NET).wire(state) is not wirer_of(NET).wire(NET.net_state("test"))
    assert sharing_of(NET) is sharing_of(NET)


def test_a_copy_of_a_net_with_other_layers_is_wired_anew() -> None:
    wirer, sharing = wirer_of(NET), sharing_of(NET)
    other = NET.model_copy(update={"layers": NET.layers[:1]})
    assert [len(wirer_of(one).wire(one.net_state("train")).nodes) for one in (other, NET)] == [1, 2]
    assert sharing_of(other) is not sharing
    assert wirer_of(other).net is other
    assert wirer.net is NET


def test_nets_are_equal_whether_or_not_they_were_wired() -> None:
    wired, bare = (net_of("name: relu, type: ReLU") for _ in range(2))
    wirer_of(wired)
    assert wired == bare
