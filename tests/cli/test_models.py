from __future__ import annotations

import argparse

import pytest

from protonet.cli.models import (
    add_machine,
    add_preparing,
    add_weights,
    asked_of,
    number_of,
    workers_of,
)
from protonet.errors import UsageError
from protonet.run.by_hand import ByHand
from protonet.run.model import Asked


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for add in (add_weights, add_preparing, add_machine):
        add(parser)
    parser.set_defaults(allow_plugins=True)
    return parser.parse_args(words)


def test_a_model_is_opened_as_is_asked() -> None:
    assert asked_of(parsed()) == Asked(allow_plugins=True)
    words = ["--weights", "a.npz", "--device", "cuda:1", "--transform", "[]", "--channels", "BGR"]
    assert asked_of(parsed(*words)) == Asked("a.npz", "cuda:1", True, ByHand("[]", "BGR"))


def test_decoding_threads_are_as_many_as_are_asked_for() -> None:
    assert workers_of(parsed("--workers", "3")) == 3
    assert 1 <= workers_of(parsed()) <= 8


@pytest.mark.parametrize(
    ("device", "has_gpu", "expected"),
    [
        (None, False, 3),
        ("auto", True, 6),
        ("cpu", True, 3),
        ("cuda:0", False, 6),
        ("mps", False, 6),
    ],
)
def test_half_the_cores_decode_where_the_net_takes_them_all(
    device: str | None, has_gpu: bool, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpu)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(6)))
    options = parsed(*(["--device", device] if device else []))
    assert workers_of(options, beside_net=True) == expected
    assert workers_of(options) == 6  # in turn with the net


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "１"])
def test_a_number_is_a_whole_one(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        number_of("--top", text)
    assert str(caught.value) == f'--top "{text}": a whole number from 1 is needed'
