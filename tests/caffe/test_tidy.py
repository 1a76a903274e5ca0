from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.caffe.opening import import_prototxt
from protonet.caffe.said import said_of
from protonet.caffe.tidy import Tidy, tidied
from protonet.look.forms import prove_net
from protonet.schema import Spec, check_spec, load_spec
from protonet.spec.names import Names
from protonet.spec.state import PHASES
from tests.caffe.test_solver import NET as SOLVED

DEPLOY = """\
name: "two words"
layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 10 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 } }
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(path: str, *overrides: str) -> Spec:
    return check_spec(import_prototxt(Path(path), overrides).origin)


def test_a_net_is_a_short_file() -> None:
    Path("net.prototxt").write_text(DEPLOY)

    assert tidied(read("net.prototxt")).text() == (
        "name: two words\n"
        "net:\n"
        "  inputs: {data: [3]}\n"
        "  layers:\n"
        "    - {name: ip, type: InnerProduct, num_output: 2}\n"
    )


@pytest.mark.parametrize(
    ("layer", "written"),
    [
        (
            'layer { name: "r" type: "Reshape" bottom: "ip" top: "r" '
            "reshape_param { shape { dim: 10 dim: 2 dim: 1 } } }",
            "{data: {shape: [10, 3], batch: false}}",
        ),
        (
            'layer { name: "r" type: "Reshape" bottom: "ip" top: "r" '
            "reshape_param { shape { dim: 0 dim: 2 dim: 1 } } }",
            "{data: [3]}",
        ),
    ],
)
def test_a_batch_is_left_open_where_the_net_takes_any(layer: str, written: str) -> None:
    Path("net.prototxt").write_text(DEPLOY + layer)

    assert f"  inputs: {written}\n" in tidied(read("net.prototxt")).text()


def test_a_recurrent_net_keeps_its_shapes() -> None:
    Path("net.prototxt").write_text("""
        input: "x" input_shape { dim: 4 dim: 2 dim: 3 }
        input: "cont" input_shape { dim: 4 dim: 2 }
        layer { name: "l" type: "LSTM" bottom: "x" bottom: "cont" top: "l"
                recurrent_param { num_output: 5 } }""")

    assert tidied(read("net.prototxt")).data["net"]["inputs"]["x"] == {
        "shape": [4, 2, 3],
        "batch": False,
    }


def test_a_solver_and_its_comments_are_carried_over() -> None:
    Path("net.prototxt").write_text(
        SOLVED.replace('layer {\n  name: "ip"', '# scores\nlayer {\n  name: "ip"')
    )
    Path("solver.prototxt").write_text(
        '# what is trained\n\nnet: "net.prototxt"  # gone\n# the rate\nbase_lr: 0.1\n'
        'lr_policy: "step" gamma: 0.5 stepsize: 3\nmax_iter: 10 display: 100 momentum: 0\n'
    )
    spec = read("solver.prototxt", "net.inputs.data=[3]", "net.inputs.target=[2]")

    tidy = tidied(spec)
    tidy.said, tidy.head = said_of(spec), ("protonet train x.yaml",)

    assert tidy.text() == (
        "# protonet train x.yaml\n"
        "# what is trained\n"
        "data:\n"
        "  train: {source: list.txt, batch_size: 4}\n"
        "  test: {source: list.txt, batch_size: 4}\n"
        "net:\n"
        "  inputs: {data: [3], target: [2]}\n"
        "  layers:\n"
        "    # scores\n"
        "    - {name: ip, type: InnerProduct, num_output: 2}\n"
        "    - {name: loss, type: EuclideanLoss, bottom: [ip, target]}\n"
        "solver:\n"
        "  # the rate\n"
        "  base_lr: 0.1\n"
        "  lr_policy: {type: step, gamma: 0.5, stepsize: 3}\n"
        "  max_iter: 10\n"
        "  channels_last: false           # Caffe's memory layout, in which training rounds as its "
        "did\n"
    )


def test_a_dollar_is_a_dollar_still() -> None:
    assert Tidy({"net": {"layers": [{"name": "$x"}]}}).text() == (
        'net:\n  layers:\n    - {name: "$$x"}\n'
    )


def meaning(spec: Spec, batch: int | None) -> list[Any]:
    """Return what a net does in each phase: types, keys, wiring, rates, and every shape."""
    found: list[Any] = [spec.data, spec.solver]
    for phase in PHASES:
        net = prove_net(spec.net, phase, {"N": batch} if batch else None)
        names = Names(spec.net, spec.net.types)
        for node in net.wiring.nodes:
            layer = node.layer
            params = layer.params.model_dump() if layer.params else None
            kind = net.layers[layer.type]
            owners = [net.sharing.owner(layer.name, name) for name in kind.parameters]
            rates = [
                net.sharing.multiplier(owner, key)
                for owner in owners
                for key in ("lr_mult", "decay_mult")
            ]
            found.append(
                [
                    *(phase, layer.name, layer.type, node.reads, names.tops(node.index)),
                    *(_neutral(params), owners, rates, layer.loss_weight or (1.0,)),
                    [net.blob(top).shape for top in node.tops],
                ]
            )
    return found


def _neutral(params: Any) -> Any:
    """Return keys without those that say what Caffe takes where they are left out."""
    neutral = {"stride": 1, "pad": 0, "dilation": 1, "axis": 1, "slice_dim": 1}
    return {
        key: value
        for key, value in (params or {}).items()
        if value not in (None, (), neutral.get(key))
    }


NETS = (
    ("bvlc_googlenet/train_val.prototxt", "net.inputs.data=[3,224,224]"),
    ("cifar10/cifar10_full_sigmoid_solver_bn.prototxt", "net.inputs.data=[3,32,32]"),
    ("finetune_flickr_style/solver.prototxt", "net.inputs.data=[3,227,227]"),
    ("siamese/mnist_siamese_solver.prototxt", "net.inputs.pair_data=[2,28,28]"),
    ("mnist/mnist_autoencoder_solver.prototxt", "net.inputs.data=[1,28,28]"),
    ("bvlc_alexnet/deploy.prototxt", ""),
    ("net_surgery/bvlc_caffenet_full_conv.prototxt", ""),
)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "override"), NETS, ids=[name for name, _ in NETS])
def test_what_is_written_means_what_was_read(name: str, override: str, reference: Path) -> None:
    spec = read(str(reference / "models" / "caffe_nets" / name), *([override] if override else []))
    Path("made.yaml").write_text(tidied(spec).text(), encoding="utf-8")
    written = load_spec("made.yaml")

    batch = next(iter(spec.net.inputs.values())).axes()[0]
    size = batch if isinstance(batch, int) else None
    before, after = meaning(spec, None), meaning(written, size)
    assert after[2:] == before[2:]
    assert [one.model_dump() if one else None for one in (after[1],)] == [
        one.model_dump() if one else None for one in (before[1],)
    ]
    assert {key: one.model_dump() for key, one in after[0].items()} == {
        key: one.model_dump() for key, one in before[0].items()
    }
