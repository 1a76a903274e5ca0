from __future__ import annotations

import torch

from protonet.pycaffe.memory import Memory


def test_on_a_cpu_array_and_tensor_are_one_memory() -> None:
    memory = Memory.of_shape((2, 2), torch.device("cpu"))

    memory.array[0] = 3

    assert memory.tensor.tolist() == [[3, 3], [0, 0]]
    assert memory.shape == (2, 2)


def test_what_is_written_is_seen_in_an_array_that_was_taken_before() -> None:
    memory = Memory.of_shape((2,), torch.device("cpu"))
    array = memory.array

    memory.write(torch.tensor([1.0, 2.0]))

    assert array.tolist() == [1, 2]
    memory.write(5.0)
    assert array.tolist() == [5, 5]


def test_autograd_is_not_told_of_what_is_written() -> None:
    memory = Memory(torch.ones(2))
    weight = torch.ones(2, requires_grad=True)
    product = (memory.tensor * weight).sum()

    memory.write(3.0)
    product.backward()

    assert weight.grad is not None
    assert weight.grad.tolist() == [3, 3]  # Caffe's backward pass, too, uses what stands there now


def test_beside_a_gpu_what_was_written_is_carried_over_when_it_is_needed() -> None:
    tensor = torch.zeros(2)
    memory = Memory(tensor, apart=True)

    array = memory.array
    array[0] = 3
    assert tensor.tolist() == [0, 0]
    assert memory.tensor.tolist() == [3, 0]
    array[1] = 4  # an input is written again and again, by whoever took it once
    assert memory.tensor.tolist() == [3, 4]
    assert tensor.tolist() == [3, 4]


def test_beside_a_gpu_the_device_has_the_last_word() -> None:
    tensor = torch.zeros(2)
    memory = Memory(tensor, apart=True)
    array = memory.array
    array[0] = 3

    memory.write(torch.tensor([1.0, 2.0]))
    assert memory.tensor.tolist() == [1, 2]
    assert memory.array.tolist() == array.tolist() == [1, 2]
    tensor += 1
    memory.changed()
    assert memory.array.tolist() == [2, 3]
    assert memory.reshaped((2, 1)).array.tolist() == [[2], [3]]


def test_another_shape_of_as_many_numbers_holds_the_same_ones() -> None:
    memory = Memory(torch.arange(6.0))

    assert memory.reshaped((2, 3)).array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert memory.reshaped((2, 2)).array.tolist() == [[0, 0], [0, 0]]
