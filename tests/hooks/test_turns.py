from __future__ import annotations

import torch

from protonet.hooks.turns import Turn, Turns


def test_gradients_come_in_the_order_of_the_updates_that_are_due() -> None:
    turns = Turns([Turn(("a", "b")), Turn(("c",), every=2), Turn(("d",))])
    turns.begin(0)
    assert [turns.names() for _ in range(3)] == [("a", "b"), ("c",), ("d",)]
    turns.begin(1)
    assert [turns.names() for _ in range(2)] == [("a", "b"), ("d",)]
    turns.begin(2)
    assert turns.names() == ("a", "b")  # the others may never be asked for
    turns.begin(3)
    assert turns.names() == ("a", "b")


def test_norms_are_those_of_each_tensor_unless_others_are_given() -> None:
    tensors = [torch.tensor([3.0, 4.0]), torch.tensor([-2.0])]
    assert [float(norm) for norm in Turns([]).norms(tensors)] == [5.0, 2.0]
    assert Turns([], lambda own: own[:1]).norms(tensors) == tensors[:1]
