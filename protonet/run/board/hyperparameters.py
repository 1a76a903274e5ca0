"""What a run was made with, for TensorBoard's table of runs; the metrics in it are the last points
of the run's curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)

from protonet.records import shortened
from protonet.run.board.summaries import Value
from protonet.spec.data import TRAIN, placed

_NO_MATTER = frozenset(
    {
        *("display", "average_loss", "debug_info", "tensorboard", "device", "threads", "weights"),
        *("test_interval", "test_iter", "test_initialization", "snapshot"),
        *("snapshot_after_train", "snapshot_keep"),
    }
)
"""Keys of the solver that say nothing of what is learnt."""


def hyperparameters(plain: Mapping[str, Any], parameters: int) -> dict[str, float | str | bool]:
    """Return what a run was made with: the solver's keys as they are written, the variables of the
    spec, the batch size, the number of parameters.

    Args:
        plain: the resolved spec as plain data.
        parameters: numbers that the net learns.
    """
    solver = plain.get("solver") or {}
    found = dict(_flat({key: value for key, value in solver.items() if key not in _NO_MATTER}))
    _, first = next(iter(placed(plain["data"][TRAIN])))
    found["batch_size"] = first["batch_size"]
    found |= _flat({"vars": plain.get("vars") or {}})
    return {"parameters": parameters, **found}


def session_start(found: Mapping[str, float | str | bool], group: str, seconds: float) -> Value:
    """Return the row of a run.

    Args:
        found: what it was made with.
        group: its path; runs of one path are one row.
        seconds: when it began.
    """
    info = SessionStartInfo(group_name=group, start_time_secs=seconds)
    for name, value in found.items():
        match value:
            case bool():
                info.hparams[name].bool_value = value
            case str():
                info.hparams[name].string_value = value
            case _:
                info.hparams[name].number_value = value
    return _value(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=info))


def session_end(seconds: float) -> Value:
    """Return that a run has come to its end, and when."""
    info = SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=seconds)
    return _value(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=info))


def _value(tag: str, data: HParamsPluginData) -> Value:
    described = metadata.create_summary_metadata(data)
    return Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float | str | bool]]:
    """Yield `lr_policy.gamma` for what stands in maps; lists as they are written."""
    for key, value in values.items():
        match value:
            case Mapping():
                yield from _flat(value, f"{before}{key}.")
            case str() | int() | float():
                yield f"{before}{key}", value
            case _:
                yield f"{before}{key}", shortened(value)
