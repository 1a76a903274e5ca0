"""Every recorded net and layer, written as Caffe's prototxt and read again, is the same net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from protonet.caffe import Shapes, import_net
from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.text import text_of
from protonet.net import prove_phases
from protonet.protobuf.frames import blob_parts
from protonet.schema import Spec, check_spec
from protonet.spec.kept import wirer_of
from protonet.spec.net import BATCH
from tests.golden.cases import FOLDER, cases
from tests.golden.test_nets import read

SAMPLES = 4


@pytest.mark.parametrize("name", cases("layers", ".prototxt"))
def test_a_layer_is_the_same_after_it_was_written(name: str, tmp_path: Path) -> None:
    _compare(FOLDER / "layers" / f"{name}.prototxt", {}, tmp_path)


@pytest.mark.parametrize("name", cases("nets", ".json"))
def test_a_net_is_the_same_after_it_was_written(name: str, tmp_path: Path, reference: Path) -> None:
    recorded = read(name)
    *_, folder, file = Path(recorded["source"]).parts
    prototxt = reference / "models" / "caffe_nets" / folder / file
    if not prototxt.exists():
        pytest.skip(f"{recorded['source']} is not in the reference")
    shapes: dict[str, Any] = {
        blob: shape[1:] for blob, shape in recorded["blobs"] if blob in recorded["inputs"]
    }
    _compare(prototxt, shapes if recorded["data_layers_replaced_by_input"] else {}, tmp_path)


def _compare(prototxt: Path, shapes: Shapes, folder: Path) -> None:
    """Write what a prototxt says, read it, and compare the two."""
    spec = check_spec(import_net(prototxt, shapes).origin)
    forms = prove_phases(spec.net)
    written = write_net(
        spec.net,
        {"train": forms["train"], "test": forms["test"]},
        {"train": SAMPLES, "test": SAMPLES},
    )
    (folder / "net.prototxt").write_text(text_of(written.message))
    for file, matrix in written.matrices.items():
        (folder / file).write_bytes(b"".join(blob_parts(matrix)))

    again = check_spec(import_net(folder / "net.prototxt").origin)
    assert written.names.renamed == {}
    assert _meaning(again) == _meaning(spec)


def _meaning(spec: Spec) -> dict[str, Any]:
    """Return a net with all that holds by default."""
    net, wirer = spec.net, wirer_of(spec.net)
    inputs = {name: (tuple(map(_sized, one.axes())), one.dtype) for name, one in net.inputs.items()}
    layers = [
        {
            **layer.model_dump(),
            "param": {name: one for name, one in _plain(layer.param).items() if one},
            "bottom": wirer.bottoms[index],
            "top": wirer.tops(index),
            "keys": layer.params.model_dump(),
        }
        for index, layer in enumerate(net.layers)
    ]
    return {"name": net.name, "state": net.state, "inputs": inputs, "layers": layers}


def _plain(param: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one.model_dump(exclude_defaults=True) for name, one in param.items()}


def _sized(axis: int | str) -> int | str:
    return SAMPLES if axis == BATCH else axis
