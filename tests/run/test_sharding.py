from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from protonet.distributed.group import ALONE, Group
from protonet.distributed.sharding import Shard, Sharding
from protonet.net import Net
from protonet.optim import Slot
from protonet.run.job import prepare
from protonet.run.rules import aims
from protonet.run.sharding import _unshareable, averaged
from protonet.spec.solver import SolverSpec
from tests.run.test_parts import spec_with
from tests.small import small_net, small_spec

TWO = Group(0, 2, 0, 2)


def test_one_process_has_nobody_to_share_with(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path, more="parallel: fsdp"), None, lambda text: None)
    assert (job.sharding, job.group, job.machine.channels_last) == (None, ALONE, False)
    assert job.tensors() == job.net.named_tensors()


def test_the_average_is_of_the_own_parts(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    assert averaged(net, None, None) is None
    part = torch.ones(3, 6)
    parts = Sharding(TWO, {"hidden/weight": Shard(torch.zeros(5, 6), part, part)})
    average = averaged(net, 0.9, parts)
    assert average is not None
    assert torch.equal(average.tensors["hidden/weight"], part)
    assert average.tensors["scores/weight"].shape == (3, 5)


def told(net: Net, count: int, *others: Slot) -> list[tuple[object, ...]]:
    """Return why a net's parameters cannot be shared out among so many processes."""
    solver = SolverSpec(base_lr=0.1, max_iter=1)
    (aim,) = aims(solver, net, net.learnable, parted=True)
    more = replace(aim, slots=(*aim.slots, *others))
    found = _unshareable(net, more, Group(0, count, 0, count))
    return [(one.code, one.path, one.why, one.got, one.hint) for one in found]


PLACE = ("solver", "parallel")
WHOLE = "ddp, where each process holds the whole net"


def net_with(folder: Path, **changes: tuple[str, str]) -> Net:
    return Net(spec_with(folder, **changes).net)


def test_what_has_rows_enough_can_be_shared_out(tmp_path: Path) -> None:
    assert told(net_with(tmp_path), 3) == []


def test_a_single_number_is_refused(tmp_path: Path) -> None:
    net = net_with(tmp_path, relu=("type: ReLU}", "type: PReLU, channel_shared: true}"))
    why = "relu/weight is a single number, without rows to share out"
    assert told(net, 2) == [("PN016", PLACE, why, "fsdp", WHOLE)]


def test_a_process_without_any_part_is_refused(tmp_path: Path) -> None:
    why = "no parameter has enough rows to give each of 6 processes a part"
    assert told(net_with(tmp_path), 6) == [("PN016", PLACE, why, "fsdp", "fewer processes, or ddp")]


def test_what_no_layer_computes_with_is_refused(tmp_path: Path) -> None:
    why = "elsewhere/weight is used by what is no layer's forward pass"
    strange = Slot("elsewhere/weight", torch.zeros(2))
    assert told(net_with(tmp_path), 2, strange) == [("PN016", PLACE, why, "fsdp", WHOLE)]


def test_a_frozen_layer_that_shares_what_is_trained_is_refused(tmp_path: Path) -> None:
    again = (
        "    - {name: again, type: InnerProduct, num_output: 5, bottom: data, share: hidden, "
        "frozen: true}\n    - {name: both, type: Eltwise, bottom: [relu, again]}\n"
    )
    net = net_with(tmp_path, more=("    - {name: scores", again + "    - {name: scores"))
    why = "it is frozen, and uses what another layer trains, which fsdp cannot share out"
    (place,) = [node.index for node in net.wiring.nodes if node.layer.name == "again"]
    assert told(net, 2) == [("PN016", ("net", "layers", place), why, "", WHOLE)]
