from __future__ import annotations

import pytest
import torch

from protonet.distributed.group import ALONE, Group, _reason, group_of, joined
from protonet.errors import UsageError
from tests.distributed.siblings import together

ADDRESS = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


@pytest.mark.parametrize(
    ("environment", "group"),
    [
        ({}, ALONE),
        ({"RANK": "0", "WORLD_SIZE": "1"}, ALONE),
        ({"WORLD_SIZE": "4"}, ALONE),
        ({"RANK": "1", "WORLD_SIZE": "2", **ADDRESS}, Group(1, 2, 1, 2)),
        (
            {
                "RANK": "5",
                "WORLD_SIZE": "8",
                "LOCAL_RANK": "1",
                "LOCAL_WORLD_SIZE": "4",
                **ADDRESS,
            },
            Group(5, 8, 1, 4),
        ),
    ],
)
def test_the_environment_gives_a_process_its_place(
    environment: dict[str, str], group: Group
) -> None:
    assert group_of(environment) == group


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"RANK": "0", "WORLD_SIZE": "2"},
            "WORLD_SIZE is 2, and MASTER_ADDR and MASTER_PORT are not set: start the processes "
            "with torchrun, or with protonet train --nproc",
        ),
        (
            {"RANK": "x", "WORLD_SIZE": "2", **ADDRESS},
            'RANK is "x", which is no number of a process',
        ),
        (
            {"RANK": "2", "WORLD_SIZE": "2", **ADDRESS},
            "RANK is 2, and of 2 processes the last one is 1",
        ),
    ],
)
def test_refuses_an_environment_that_names_no_place(
    environment: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        group_of(environment)
    assert str(caught.value) == message


def test_a_process_by_itself_is_the_whole_group() -> None:
    values = torch.tensor([1.0, 2.0])
    with joined({}) as group:
        assert (group.is_alone, group.is_first) == (True, True)
        group.add_(values)
        assert group.rows(values).tolist() == [[1.0, 2.0]]
        assert group.gathered("own") == ["own"]
        assert group.from_first(lambda: "made") == "made"
        group.copy_from_first_([values])
    assert values.tolist() == [1.0, 2.0]


def test_gradients_of_rows_flow_back_to_each_rank() -> None:
    def work(group: Group) -> tuple[list[list[float]], list[float]]:
        own = torch.tensor([group.rank + 1.0, 10.0], requires_grad=True)
        rows = group.rows(own)
        # rank 0 weighs the rows 1 and 2, rank 1 weighs them 10 and 20
        weights = torch.tensor([[1.0], [2.0]]) * (10 if group.rank else 1)
        (rows * weights).sum().backward()
        assert own.grad is not None
        return rows.tolist(), own.grad.tolist()

    rows = [[1.0, 10.0], [2.0, 10.0]]
    assert together(2, work) == [(rows, [11.0, 11.0]), (rows, [22.0, 22.0])]


def test_a_loss_of_another_process_is_told_without_torchs_advice() -> None:
    error = RuntimeError(
        "[/src/gloo/pair.cc:537] Read error [127.0.0.1]:6029: Connection reset by peer. This is "
        "typically caused by a remote worker hanging."
    )
    assert _reason(error) == "Read error [127.0.0.1]:6029: Connection reset by peer"
