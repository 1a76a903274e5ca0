"""Ranks are threads, with parts that are cut by hand; torch's own cutting is tested with processes,
in tests/test_sharded.py."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from protonet.distributed.group import Group
from protonet.distributed.sharding import Shard, Sharding, _large
from protonet.optim import Slot
from tests.distributed.siblings import together

WHOLE = torch.arange(10.0).view(5, 2)
"""Five rows: of two ranks the first has three, the second two."""


def sharding(group: Group) -> Sharding:
    part = WHOLE[3 * group.rank : 3 * group.rank + 3].clone()
    alone = torch.full((1,), 7.0)[group.rank :]  # one row, which the first rank has
    return Sharding(
        group,
        {
            "a/weight": Shard(nn.Parameter(WHOLE.clone()), part, part),
            "b/a/weight": Shard(nn.Parameter(torch.zeros(1)), alone, alone),
        },
    )


def test_all_of_a_parameter_is_there_within_the_block_and_only_there() -> None:
    def work(group: Group) -> tuple[Tensor, Tensor, int]:
        own = sharding(group)
        whole = own.shards["a/weight"].whole
        with own.assembled(), own.assembled():
            inside = whole.detach().clone()
        return inside, whole.detach().clone(), whole.untyped_storage().nbytes()

    for inside, outside, kept in together(2, work):
        assert torch.equal(inside, WHOLE)
        assert (outside.shape, bool(outside.isnan().all()), kept) == (WHOLE.shape, True, 4)


def test_changes_within_the_block_stay_where_they_are_wanted() -> None:
    def work(group: Group) -> list[float]:
        own = sharding(group)
        shard = own.shards["a/weight"]
        with torch.no_grad():
            with own.assembled():
                shard.whole.mul_(100)
            with own.assembled(changes=True):
                shard.whole.add_(1)
        return shard.own.flatten().tolist()

    assert together(2, work) == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10]]


def test_what_is_remembered_is_made_whole_and_cut_again() -> None:
    def work(group: Group) -> tuple[dict[str, Tensor], dict[str, Tensor], Sharding]:
        own = sharding(group)
        kept = {
            "0/history/a/weight": own.shards["a/weight"].own * 2,
            "state/b/a/weight/exp_avg": own.shards["b/a/weight"].own * 2,
            "state/a/weight/step": torch.tensor(3.0),
            "steps": torch.tensor(5),
        }
        whole = own.whole(kept, everywhere=True)
        for name, part in own.cut(whole).items():
            assert torch.equal(part, kept[name])
        return whole, own.whole(kept, everywhere=False), own

    (whole, first, own), (same, second, _) = together(2, work)
    assert torch.equal(whole["0/history/a/weight"], WHOLE * 2)
    assert whole["state/b/a/weight/exp_avg"].tolist() == [14.0]
    assert (whole["state/a/weight/step"].item(), whole["steps"].item()) == (3.0, 5)
    assert first.keys() == whole.keys() == same.keys()
    assert second == {}
    strange = torch.zeros(4, 2)  # of another net: it is left for the loader to refuse
    assert own.cut({"a/weight": strange})["a/weight"] is strange


def test_norms_are_those_of_the_whole() -> None:
    def work(group: Group) -> list[float]:
        own = sharding(group)
        parts = [shard.own for shard in own.shards.values()]
        return [*map(float, own.norms(parts)), float(own.norm(parts)), len(own.norms([]))]

    squares = sum(number**2 for number in range(10))
    expected = [math.sqrt(squares), 7.0, math.sqrt(squares + 49), 0]
    for found in together(2, work):
        torch.testing.assert_close(torch.tensor(found), torch.tensor(expected))


def test_what_is_not_finite_in_one_process_is_known_in_all() -> None:
    def work(group: Group) -> list[float]:
        own = sharding(group)
        found = []
        for strange in (1.0, math.inf, math.nan):
            flag = torch.zeros(())
            gradient = torch.full((2,), strange if group.rank else 1.0)
            own.agree_([gradient, torch.zeros(0)], flag)
            found.append(flag.item())
        flag = torch.tensor(float(group.rank))
        own.agree_([], flag)
        return [*found, flag.item()]

    assert together(2, work) == [[0.0, 1.0, 1.0, 1.0]] * 2


def test_slots_and_tensors_are_those_of_the_parts() -> None:
    (own, *_) = together(2, sharding)
    shard, other = own.shards["a/weight"], torch.zeros(3)
    assert own.own({"a/weight": shard.whole, "bn/mean": other}) == {
        "a/weight": shard.own,
        "bn/mean": other,
    }
    (slot,) = own.computed_with([Slot("a/weight", shard.own, 2.0, 0.0)])
    assert (slot.tensor is shard.shared, slot.lr_mult, slot.decay_mult) == (True, 2.0, 0.0)
    assert torch.equal(own.held(shard.own), shard.own)


def test_large_layers_are_gathered_by_themselves_unless_others_use_their_parameters() -> None:
    large, shared, small = nn.Linear(512, 512), nn.Linear(512, 512), nn.Linear(2, 2)
    user = nn.Linear(512, 512)
    user.weight = shared.weight
    net, elsewhere = nn.Sequential(large, shared, user, small), nn.Linear(512, 512)
    assert list(_large(net, [*net, elsewhere])) == [large]
