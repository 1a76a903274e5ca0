from __future__ import annotations

from pathlib import Path

from tensorboard.plugins.hparams import metadata

from protonet.run.board.hyperparameters import hyperparameters, session_end, session_start
from tests.run.test_events import opened, read

PLAIN = {
    "name": "small",
    "vars": {"width": 8},
    "data": {"train": {"source": "a", "batch_size": 64}, "test": {"batch_size": 10}},
    "solver": {
        "type": "SGD",
        "base_lr": 0.01,
        "lr_policy": {"type": "inv", "gamma": 0.0001},
        "params": [{"match": "conv*", "lr_mult": 2}],
        "compile": False,
        "max_iter": "5 epochs",
        "display": 100,
        "snapshot": 500,
        "tensorboard": {"images": 0},
    },
}


def test_keys_are_flat_and_those_that_change_nothing_are_left_out() -> None:
    assert hyperparameters(PLAIN, 1000) == {
        "parameters": 1000,
        "batch_size": 64,
        "vars.width": 8,
        "type": "SGD",
        "base_lr": 0.01,
        "lr_policy.type": "inv",
        "lr_policy.gamma": 0.0001,
        "params": '[{match: "conv*", lr_mult: 2}]',
        "compile": False,
        "max_iter": "5 epochs",
    }


def test_a_set_of_several_sources_has_the_batch_size_of_the_first() -> None:
    plain = {"data": {"train": [{"source": "a", "batch_size": 8}, {"source": "b"}]}, "solver": {}}
    assert hyperparameters(plain, 1) == {"parameters": 1, "batch_size": 8}


def test_tensorboard_reads_the_row_back(tmp_path: Path) -> None:
    found: dict[str, float | str | bool] = {"base_lr": 0.5, "type": "SGD", "compile": True}
    with opened(tmp_path) as events:
        events.post(0, lambda: [session_start(found, "runs/small/1", 12.0)])
        events.post(9, lambda: [session_end(34.0)])
    accumulator = read(tmp_path)
    content = {
        tag: accumulator.SummaryMetadata(tag).plugin_data.content
        for tag in accumulator.Tags()["tensors"]
    }
    start = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG])
    assert (start.group_name, start.start_time_secs) == ("runs/small/1", 12.0)
    assert start.hparams["base_lr"].number_value == 0.5
    assert start.hparams["type"].string_value == "SGD"
    assert start.hparams["compile"].bool_value is True
    end = metadata.parse_session_end_info_plugin_data(content[metadata.SESSION_END_INFO_TAG])
    assert end.end_time_secs == 34.0
