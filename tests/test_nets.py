"""The nets of torchvision in configs/nets, against what torchvision publishes of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import torch

from protonet import Net
from protonet.layers.batch_norm import BatchNormParams
from protonet.layers.dropout import DropoutParams
from protonet.look.forms import Proved, prove_net
from protonet.look.summary import Summary, summarise
from protonet.net import prove_phases
from protonet.run.loading import load
from protonet.schema import Spec, warnings_of
from protonet.spec.state import Phase
from tests.torchvision_forward import FORWARD
from tests.torchvision_nets import KNOWN

NETS = Path(__file__).parent.parent / "configs" / "nets"
SIDES = {"alexnet": 224, "inception_v3": 299}
"""Of the images that nets compute with here: 64 where they need not be larger."""
EVERY = pytest.mark.parametrize("name", KNOWN)


def path_of(name: str) -> Path:
    return NETS / f"{name}_torchvision.yaml"


@cache
def spec_of(name: str) -> Spec:
    return load(path_of(name))


@cache
def proved(name: str, phase: Phase) -> Proved:
    return prove_net(spec_of(name).net, phase)


@cache
def summary(name: str, phase: Phase = "train") -> Summary:
    return summarise(spec_of(name), phase)


def scores_and_wanted(name: str, *overrides: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a net with the statistics of one batch gives for its images, and the function of
    `tests.torchvision_forward` with the same tensors."""
    side = SIDES.get(name, 64)
    shape = f"net.inputs.data.shape=[3, {side}, {side}]"
    net = Net(load(path_of(name), [shape, *overrides]).net, "train")
    blobs = {"data": torch.randn(4, 3, side, side), "label": torch.arange(4)}
    with torch.no_grad():
        for one in net.params.values():
            if "bias" in one:
                one["bias"].normal_(0, 0.1)
                if one["weight"].dim() == 1:
                    one["weight"].uniform_(0.5, 1)
        net(blobs)
        tested = net.in_phase("test")
        blob = proved(name, "test").wiring.nodes[-1].bottoms[0].blob
        held = {layer: one for layer, one in net.params.items() if "auxiliary/" not in layer}
        return tested(blobs, [blob])[blob], FORWARD[name](held, blobs["data"])


def test_every_net_of_torchvision_is_known() -> None:
    assert sorted(map(path_of, KNOWN)) == sorted(NETS.glob("*_torchvision.yaml"))


@EVERY
def test_learns_as_many_parameters_as_torchvision(name: str) -> None:
    totals = summary(name).totals
    assert (totals.parameters, totals.trained) == (KNOWN[name].parameters,) * 2


@EVERY
def test_does_as_many_multiply_adds_as_torchvision(name: str) -> None:
    rows = summary(name).layers
    found = sum(row.multiply_adds for row in rows if not row.name.startswith("auxiliary/"))
    assert round(found / 1e9, 3) == KNOWN[name].billions  # of a test, without the auxiliary head


@EVERY
def test_stages_give_images_of_the_sizes_found_by_hand(name: str) -> None:
    images = {row.name: row.tops[0].axes for row in summary(name).layers}
    wanted = KNOWN[name].stages
    assert {layer: images[layer] for layer in wanted} == {
        layer: ("N", *image) for layer, image in wanted.items()
    }


@EVERY
def test_has_as_many_layers_of_each_type_as_torchvision(name: str) -> None:
    found = Counter(node.layer.type for node in proved(name, "train").wiring.nodes)
    wanted = KNOWN[name].counts
    assert {kind: found[kind] for kind in wanted} == wanted


@EVERY
@pytest.mark.parametrize("phase", ["train", "test", "deploy"])
def test_the_loss_and_the_probabilities_read_a_thousand_scores(name: str, phase: Phase) -> None:
    net = proved(name, phase)
    readers = [
        node
        for node in net.wiring.nodes
        if node.layer.type in ("SoftmaxWithLoss", "Accuracy", "Softmax")
    ]
    assert readers
    assert {net.axes(node.bottoms[0]) for node in readers} == {("N", 1000)}


@EVERY
def test_has_nothing_to_warn_of_and_says_its_numbers_first(name: str) -> None:
    spec = spec_of(name)
    prove_phases(spec.net)
    assert warnings_of(spec) == []
    assert spec.name == f"{name}_torchvision"

    lines = path_of(name).read_text(encoding="utf-8").splitlines()
    comment = "\n".join(line for line in lines if line.startswith("# "))
    train = summary(name).totals
    assert lines[0] == "# yaml-language-server: $schema=../schema.json"
    assert lines[1] == f"# protonet summary configs/nets/{name}_torchvision.yaml"
    assert f"{train.parameters:,} learnable parameters" in comment
    assert f"{train.multiply_adds:,} multiply-adds per sample" in comment
    assert f"torchvision says {KNOWN[name].billions:.3f} G" in comment


@EVERY
def test_normalizes_with_torchvisions_constants(name: str) -> None:
    nodes = [node.layer.params for node in proved(name, "train").wiring.nodes]
    norms = {
        (one.eps, one.moving_average_fraction) for one in nodes if isinstance(one, BatchNormParams)
    }
    wanted = 1e-3 if name in ("googlenet", "inception_v3") else 1e-5
    assert norms <= {(wanted, 0.9)}  # torch's momentum 0.1 is the share of the new


@pytest.mark.parametrize(
    ("name", "ratio"), [("googlenet", 0.2), ("mobilenet_v2", 0.2), ("inception_v3", 0.5)]
)
def test_drops_as_many_numbers_as_torchvision(name: str, ratio: float) -> None:
    nodes = [node.layer.params for node in proved(name, "train").wiring.nodes]
    assert [one.dropout_ratio for one in nodes if isinstance(one, DropoutParams)] == [ratio]


def test_the_auxiliary_head_of_inception_is_of_training_only() -> None:
    totals = summary("inception_v3", "test").totals
    # without 768 * 128 + 2 * 128, 128 * 768 * 5 * 5 + 2 * 768, 768 * 1000 + 1000
    assert totals.parameters == 27_161_264 - 98_560 - 2_459_136 - 769_000


@pytest.mark.parametrize(("name", "most"), [("resnet50", 60), ("googlenet", 60)])
def test_takes_few_lines(name: str, most: int) -> None:
    assert len(path_of(name).read_text(encoding="utf-8").splitlines()) <= most


def test_resnet152_is_resnet50_but_for_its_numbers() -> None:
    lines = path_of("resnet152").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "base: resnet50_torchvision.yaml",
        "name: resnet152_torchvision",
        "vars: {blocks: [3, 8, 36, 3]}",
    ]


@pytest.mark.parametrize("name", FORWARD)
def test_computes_what_torchvision_computes_from_its_weights_in_their_order(name: str) -> None:
    found, wanted = scores_and_wanted(name)
    assert (wanted[0] - wanted[1]).std() > wanted.std() / 20  # they say something of the images
    assert (found - wanted).abs().max() < 1e-3 * wanted.std()


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("resnet50", "net.layers.pool1.round_mode=CEIL"),
        ("googlenet", "net.defaults.BatchNorm.eps=1e-5"),
        ("shufflenet_v2_x1_0", "net.defaults.ShuffleChannel.group=58"),
        ("inception_v3", "net.layers.mixed5b/pool/pool.pool=MAX"),
    ],
)
def test_a_change_in_a_net_is_seen_in_what_it_computes(name: str, override: str) -> None:
    found, wanted = scores_and_wanted(name, override)
    assert (found - wanted).abs().max() > 0.1 * wanted.std()
