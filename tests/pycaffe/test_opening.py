from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import SpecError, UsageError
from protonet.layers.memory_data import MemoryDataParams
from protonet.pycaffe.hdf5_rows import Hdf5Rows
from protonet.pycaffe.opening import Line, open_net
from protonet.spec.state import State
from tests.pycaffe.prototxts import SOLVER, TRAINED, net_of, rows, written

STAGED = """\
input: "data" input_shape { dim: 1 dim: 2 }
layer { name: "a" type: "Power" bottom: "data" top: "a" include { stage: "left" } }
layer { name: "b" type: "Power" bottom: "data" top: "b" exclude { stage: "left" } }
layer { name: "c" type: "Power" bottom: "data" top: "c" include { min_level: 3 } }
"""


def names(path: Path, state: State) -> list[str]:
    return [line.name for line in open_net(path, state).lines]


def test_layers_are_those_of_the_state(tmp_path: Path) -> None:
    path = written(tmp_path, STAGED)

    assert names(path, State("test")) == ["input", "b"]
    assert names(path, State("test", 3, frozenset({"left"}))) == ["input", "a", "c"]


def test_the_state_of_the_prototxt_counts_too(tmp_path: Path) -> None:
    path = written(tmp_path, 'state { level: 4 stage: "left" }\n' + STAGED)

    assert names(path, State("test")) == ["input", "a", "c"]


def test_data_of_the_other_phase_are_not_looked_at(tmp_path: Path) -> None:
    rows(tmp_path)
    other = (
        'layer { name: "db" type: "Data" top: "data" top: "label" include { phase: TRAIN }\n'
        '        data_param { source: "nowhere_lmdb" batch_size: 2 } }\n'
    )
    here = TRAINED.replace('top: "label"\n', 'top: "label" include { phase: TEST }\n', 1)

    opened = open_net(written(tmp_path, other + here), State("test"))

    assert opened.lines[0] == Line("rows", "HDF5Data", "data", ("data", "label"))
    assert {name: one.axes() for name, one in opened.net.inputs.items()} == {
        "data": (4, 5),
        "label": (4,),
    }


def test_what_data_layers_read(tmp_path: Path) -> None:
    data, _ = rows(tmp_path)
    memory = (
        'layer { name: "m" type: "MemoryData" top: "x" top: "y"\n'
        "        memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 } }\n"
        'layer { name: "s" type: "Silence" bottom: "x" bottom: "y" }\n'
    )

    opened = open_net(written(tmp_path, TRAINED + memory), State("train"))

    found = opened.feeds["rows"]
    assert isinstance(found, Hdf5Rows)
    np.testing.assert_array_equal(found.arrays[0], data)
    assert opened.feeds["m"] == MemoryDataParams(
        batch_size=2, channels=3, height=4, width=5, label_dtype="float32"
    )
    assert opened.net.inputs["x"].axes() == (2, 3, 4, 5)


def test_a_yaml_file_is_for_another_net(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_net(Path("net.yaml"), State("test"))

    assert str(caught.value) == (
        "net.yaml: a Net here is made of a prototxt; of a YAML file protonet.Net makes one"
    )


def test_a_solver_is_no_net(tmp_path: Path) -> None:
    path = written(tmp_path, SOLVER)

    with pytest.raises(UsageError) as caught:
        open_net(path, State("test"))

    assert str(caught.value) == (
        f"{path}: it is the prototxt of a solver, and a Net is made of a net's"
    )


def test_data_that_are_nowhere(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'layer { name: "d" type: "Data" top: "x"\n'
        '        data_param { source: "gone_lmdb" batch_size: 1 } }\n',
    )

    with pytest.raises(UsageError) as caught:
        open_net(path, State("test"))

    assert str(caught.value) == (
        f"{path}:1:7: layer d reads gone_lmdb, which is neither beside the prototxt, nor in a "
        "folder above it, nor in the current one"
    )


def test_a_net_of_data_alone(tmp_path: Path) -> None:
    data, _ = rows(tmp_path)
    alone = TRAINED.split('layer { name: "ip"')[0]

    net = net_of(tmp_path, alone)
    net.forward()

    assert (list(net.blobs), net.outputs) == (["data", "label"], ["data", "label"])
    np.testing.assert_array_equal(net.blobs["data"].data, data[:4])


def test_a_missing_key_of_hdf5_data(tmp_path: Path) -> None:
    path = written(tmp_path, 'layer { name: "d" type: "HDF5Data" top: "x" }')

    with pytest.raises(UsageError) as caught:
        open_net(path, State("test"))

    assert str(caught.value) == (
        f"{path}:1:7: layer d needs hdf5_data_param {{ source: … batch_size: … }}"
    )


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, 'layer { name: "d" type: "Powr" bottom: "x" top: "y" }')

    with pytest.raises(SpecError) as caught:
        open_net(path, State("test"))

    assert "did you mean Power?" in str(caught.value)
    assert f"{path}:1:25" in str(caught.value)
