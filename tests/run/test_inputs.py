"""Which source feeds which input; what `test_sets.py` says of a single one is not said again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.known import Search
from protonet.net import Net
from protonet.run.found import find_sources
from protonet.run.inputs import feed_inputs
from protonet.schema import load_spec
from tests.data.tables import write
from tests.run.pairs import pixels, write_pairs
from tests.run.test_found import refusal

ONE_INPUT = "net.inputs={data: [1, 6, 6]}"
ONE_LAYER = "net.layers=[{name: loss, type: Reduction, loss_weight: 1}]"


def fields(path: Path, *overrides: str) -> list[dict[str, str]]:
    spec = load_spec(path, overrides)
    return feed_inputs(find_sources("train", spec, Search(), pytest.fail), Net(spec.net))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_pairs(tmp_path)


def test_a_renamed_field_leaves_its_own_name_to_another_source(path: Path) -> None:
    assert fields(path) == [{"data": "data"}, {"mask": "data"}]


def test_a_name_that_is_given_wins_over_one_that_only_fits(path: Path) -> None:
    first = "data.train.0.fields={data: data}"
    write(path.parent / "masks.lmdb", {"data": pixels(), "mask": pixels()}, force=True)
    assert fields(path, "data.train.1.fields={}", first) == [{"data": "data"}, {"mask": "mask"}]


def test_one_field_may_feed_two_inputs(path: Path) -> None:
    only = "data.train={source: masks.lmdb, batch_size: 2, fields: {data: mask}}"
    assert fields(path, only.replace("masks", f"{path.parent}/masks")) == [
        {"data": "data", "mask": "data"}
    ]


def test_a_source_that_the_net_does_not_need_feeds_nothing(path: Path) -> None:
    write(path.parent / "more.lmdb", {"weight": np.ones(12, np.float32)})
    path.write_text(path.read_text().replace("masks.lmdb, fields: {data: mask}", "more.lmdb"))
    assert fields(path, ONE_INPUT, ONE_LAYER) == [{"data": "data"}, {}]


def test_an_input_that_two_sources_have_by_name_is_refused(path: Path) -> None:
    lines = refusal(path, "data.train.1.fields={}", ONE_INPUT, ONE_LAYER)
    assert lines == [
        "error[PN040] pairs.yaml:5:16 data.train.1.source: the net's input data is fed twice, by "
        "data of images.lmdb and by data of masks.lmdb",
        "    5 |     - {source: masks.lmdb, fields: {data: mask}}",
        "      |                ^^^^^^^^^^",
        "      name the one to use: fields: {data: data}  see: protonet explain PN040",
        "1 error in pairs.yaml",
    ]


def test_an_input_that_two_sources_name_is_refused(path: Path) -> None:
    text = path.read_text().replace("shuffle: true", "shuffle: true, fields: {data: mask}")
    path.write_text(text)
    lines = refusal(path, ONE_INPUT.replace("data", "mask"), ONE_LAYER)
    assert lines == [
        "error[PN040] pairs.yaml:5:43 data.train.1.fields.data: the net's input mask is fed "
        "twice, by data of images.lmdb and by data of masks.lmdb",
        "    5 |     - {source: masks.lmdb, fields: {data: mask}}",
        "      |                                           ^^^^",
        "      remove one                                see: protonet explain PN040",
        "1 error in pairs.yaml",
    ]


def test_an_input_that_no_source_feeds_names_what_all_of_them_have(path: Path) -> None:
    inputs = "net.inputs.depth={shape: [1, 6, 6]}"
    lines = refusal(path, inputs, "net.layers.scores.bottom=depth")
    assert lines[0] == (
        "error[PN040] pairs.yaml:4:5 data.train: no source has a field for the net's input depth"
    )
    assert lines[3] == (
        "      images.lmdb has data; masks.lmdb has data; name the one to use: "
        "fields: {FIELD: depth}  see: protonet explain PN040"
    )


def test_a_strange_rename_is_told_in_its_source(path: Path) -> None:
    lines = refusal(path, "data.train.1.fields={dat: mask}")
    assert lines == [
        "error[PN040] command line:1:27 data.train.1.fields.dat: the dataset has no field dat",
        "    1 | data.train.1.fields={dat: mask}",
        "      |                           ^^^^",
        "      did you mean data?                        see: protonet explain PN040",
        "1 error in pairs.yaml",
    ]
