"""The nets of configs/nets but torchvision's: Caffe's own against what Caffe made of them, the
others against counts by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from protonet.caffe import import_net
from protonet.look.forms import Proved, prove_net
from protonet.look.summary import summarise
from protonet.net.modules import present
from protonet.schema import Spec, check_spec, load_spec, located, warnings_of
from protonet.spec.state import Phase
from protonet.spec.wiring import Value
from tests.net_counts import RECORDED, TRAINED, counts, recorded

NETS = Path(__file__).parent.parent / "configs" / "nets"
OWN = sorted(
    path.stem for path in NETS.glob("*.yaml") if not path.stem.endswith(("_torchvision", "_timm"))
)
RESNETS = {"resnet50": "ResNet-50", "resnet101": "ResNet-101", "resnet152": "ResNet-152"}
NEUTRAL = {"stride": 1, "pad": 0, "axis": 1, "slice_dim": 1, "slice_point": (1,)}
"""What Caffe's files write out although it changes nothing; two channels are cut at 1."""


def in_towers(name: str) -> str:
    """Return what one of Caffe's names is called in the Siamese net, whose towers are instances."""
    if name in ("data", "data_p", "pair_data", "sim", "slice_pair", "loss", "feat", "feat_p"):
        return name
    return f"feat_p/{name.removesuffix('_p')}" if name.endswith("_p") else f"feat/{name}"


def ours(name: str, config: str) -> str:
    """Return what one of Caffe's layers or blobs is called in a config."""
    return in_towers(name) if config == "siamese_mnist" else name


def phase_of(case: str) -> Phase:
    """Return the phase that a case was recorded in; a prototxt of its own is for deployment."""
    for phase in ("train", "test"):
        if case.endswith(phase):
            return phase
    return "deploy"


def load(config: str) -> Spec:
    """Return the spec of a config."""
    return load_spec(NETS / f"{config}.yaml")


def prove(spec: Spec, phase: Phase, batch: int) -> Proved:
    """Return a net with every shape, at a batch size."""
    with located(spec):
        return prove_net(spec.net, phase, {"N": batch})


def shapes_of(net: Proved, values: Iterable[Value]) -> list[list[int]]:
    """Return the shapes of some blobs."""
    return [list(net.blob(value).shape) for value in values]


def parameters_of(net: Proved) -> list[tuple[str, list[list[int]]]]:
    """Return each layer that has parameters or statistics, with their shapes."""
    found = []
    for position, node in enumerate(net.wiring.nodes):
        module = net.module(position)
        names = present(net.layers[node.layer.type], module)
        if names:
            found.append((node.layer.name, [list(getattr(module, name).shape) for name in names]))
    return found


@pytest.mark.parametrize(("case", "config"), RECORDED.items())
def test_every_blob_has_caffes_name_and_shape(case: str, config: str) -> None:
    report = recorded(case)
    copies = {
        top for layer in report["layers"] if layer["type"] == "Split" for top in layer["tops"]
    }
    caffes = {ours(name, config): shape for name, shape in report["blobs"] if name not in copies}
    batch = next(iter(caffes.values()))[0]

    net = prove(load(config), phase_of(case), batch)
    values = [value for value, _ in net.wiring.inputs.values()]
    values += [top for node in net.wiring.nodes for top in node.tops]
    names = [value.blob for value in values]
    assert dict(zip(names, shapes_of(net, values), strict=True)) == caffes


@pytest.mark.parametrize(("case", "config"), RECORDED.items())
def test_every_layer_has_caffes_name_type_and_parameters(case: str, config: str) -> None:
    report = recorded(case)
    net = prove(load(config), phase_of(case), 1)
    layers = [(node.layer.name, node.layer.type) for node in net.wiring.nodes]
    caffes = [
        (ours(layer["name"], config), layer["type"])
        for layer in report["layers"]
        if layer["type"] not in ("Input", "Split")
    ]
    if config == "mnist_autoencoder":  # Caffe has two layers named loss
        caffes[-1] = ("l2_error", "EuclideanLoss")
    assert sorted(layers) == sorted(caffes)
    params = {ours(name, config): shapes for name, shapes in report["params"].items()}
    assert dict(parameters_of(net)) == params


@pytest.mark.parametrize("case", TRAINED)
def test_every_key_is_as_in_caffes_prototxt(case: str, reference: Path) -> None:
    report, config = recorded(case), RECORDED[case]
    *_, folder, file = Path(report["source"]).parts
    shapes = {blob: shape[1:] for blob, shape in report["blobs"] if blob in report["inputs"]}
    imported = import_net(reference / "models" / "caffe_nets" / folder / file, shapes)
    theirs = prove(check_spec(imported.origin), phase_of(case), 1)

    assert keys_of(prove(load(config), phase_of(case), 1), "") == keys_of(theirs, config)


def keys_of(net: Proved, config: str) -> dict[str, Any]:
    """Return type, bottoms and keys of each layer, by its first top.

    Args:
        net: the net.
        config: the config whose names Caffe's are to be turned into; empty: names stay.
    """
    found = {}
    for position, node in enumerate(net.wiring.nodes):
        layer, kind = node.layer, net.layers[node.layer.type]
        assert layer.params is not None
        keys = {
            key: value
            for key, value in layer.params.model_dump().items()
            if value not in (None, (), NEUTRAL.get(key))
        }
        owners = [
            net.sharing.owner(layer.name, name) for name in present(kind, net.module(position))
        ]
        learning = [
            (ours(owner.rpartition("/")[0], config), *multipliers(net, owner)) for owner in owners
        ]
        key = f"{layer.type} {ours(node.tops[0].blob, config)}"
        assert key not in found
        bottoms = [ours(bottom.blob, config) for bottom in node.bottoms]
        weight = layer.loss_weight or (1.0,)
        found[key] = (bottoms, keys, learning, weight)
    return found


def multipliers(net: Proved, owner: str) -> tuple[float, float]:
    """Return how a parameter learns."""
    lr_mult, decay_mult = (net.sharing.multiplier(owner, key) for key in ("lr_mult", "decay_mult"))
    return lr_mult, decay_mult


@pytest.mark.parametrize(("config", "file"), RESNETS.items())
def test_a_resnet_is_its_authors_prototxt(config: str, file: str, reference: Path) -> None:
    """Names differ: `res3b_1/branch2a` is `res3b1_branch2a` (ResNet-50: `res3b_branch2a`) there."""
    prototxt = reference / "models" / "caffe_nets" / "resnet" / f"{file}-deploy.prototxt"
    theirs = check_spec(import_net(prototxt).origin)
    with located(theirs):
        published = prove_net(theirs.net, "test")
    assert structure(prove(load(config), "deploy", 1)) == structure(published)


def structure(net: Proved) -> list[tuple[Any, ...]]:
    """Return each layer's type, from where it reads, the shapes of its tops and parameters."""
    params = dict(parameters_of(net))
    places = {value: place for place, node in enumerate(net.wiring.nodes) for value in node.tops}
    return [
        (
            node.layer.type,
            [places.get(bottom) for bottom in node.bottoms],
            [shape[1:] for shape in shapes_of(net, node.tops)],
            params.get(node.layer.name),
        )
        for node in net.wiring.nodes
    ]


COUNTS = counts()


def test_every_net_is_counted() -> None:
    assert sorted(COUNTS) == OWN


@pytest.mark.parametrize("config", OWN)
def test_a_net_has_the_parameters_and_multiply_adds_that_its_comment_says(config: str) -> None:
    lines = (NETS / f"{config}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=../schema.json"
    assert lines[1:3] == [f"# protonet summary configs/nets/{config}.yaml", "#"]
    comment = "\n".join(line for line in lines if line.startswith("#"))
    said = re.search(r"^# ([\d,]+) learnable .*, ([\d,]+) multiply-adds per", comment, re.MULTILINE)
    assert said is not None

    spec = load(config)
    totals = summarise(spec).totals
    assert warnings_of(spec) == []
    assert (totals.parameters, totals.multiply_adds) == COUNTS[config]
    assert said.groups() == tuple(f"{number:,}" for number in COUNTS[config])


def test_a_published_resnet_has_the_published_number_of_parameters() -> None:
    """torchvision's count, whose ResNets differ in where the stride is; ours of 50 has one bias
    more per channel of conv1."""
    assert COUNTS["resnet50"][0] == 25_557_032 + 64
    assert COUNTS["resnet101"][0] == 44_549_160
    assert COUNTS["resnet152"][0] == 60_192_808


def test_nets_are_short() -> None:
    lines = {name: len((NETS / f"{name}.yaml").read_text().splitlines()) for name in OWN}
    assert lines["resnet50"] <= 60  # 2,320 lines of prototxt
    assert lines["googlenet"] <= 60  # 2,433
    assert lines["resnet152"] <= lines["resnet50"]  # 6,775
    assert max(lines.values()) <= 60


SOLVED = """\
base: {path}
data: {{train: {{source: some.lmdb, batch_size: 4}}}}
solver: {{base_lr: 0.01, momentum: 0.9, max_iter: 10}}
"""


@pytest.mark.parametrize("config", OWN)
def test_a_net_needs_data_and_a_solver_to_be_trained(config: str, tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(SOLVED.format(path=NETS / f"{config}.yaml"), encoding="utf-8")
    spec = load_spec(path)
    with located(spec):
        net = prove_net(spec.net, "train")
    losses = [node for node in net.wiring.nodes if net.layers[node.layer.type].kind == "loss"]
    assert losses
    assert set(net.wiring.read_inputs()) == set(spec.net.inputs)
