"""Expected numbers: the recurrence a = d * a + (1 - d) * w by hand, with d = (1 + t) / (10 + t)
while that is below the decay."""

from __future__ import annotations

import pytest
import torch

from protonet.step.average import Average


def test_the_average_follows_its_recurrence() -> None:
    weight = torch.tensor([1.0])
    average = Average({"a/w": weight}, decay=0.5)
    expected = 1.0
    for done in range(1, 20):
        weight.fill_(float(done))
        average.update(done)
        decay = min(0.5, (1 + done) / (10 + done))
        expected = decay * expected + (1 - decay) * done
        assert average.tensors["a/w"].item() == pytest.approx(expected, rel=1e-6)


def test_a_count_has_no_average_but_its_last_value() -> None:
    count = torch.tensor(0)
    average = Average({"bn/num_batches_tracked": count}, decay=0.9)
    count.fill_(7)
    average.update(1)
    assert average.tensors["bn/num_batches_tracked"].item() == 7


def test_the_net_has_the_average_within_the_block_even_if_that_fails() -> None:
    weight = torch.tensor([1.0])
    average = Average({"a/w": weight}, decay=0.5)
    weight.fill_(3.0)
    with average.swapped():
        assert (weight.item(), average.tensors["a/w"].item()) == (1.0, 3.0)
    with pytest.raises(ValueError, match="^broken$"), average.swapped():
        raise ValueError("broken")
    assert (weight.item(), average.tensors["a/w"].item()) == (3.0, 1.0)


def test_the_memory_format_is_that_of_the_weights() -> None:
    weight = torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last)
    average = Average({"a/w": weight}, decay=0.5)
    assert average.tensors["a/w"].stride() == weight.stride()
    assert average.tensors["a/w"].data_ptr() != weight.data_ptr()


def test_it_begins_again_with_the_values_of_now() -> None:
    own = {"a": torch.zeros(2), "count": torch.tensor(3)}
    average = Average(own, 0.9)
    own["a"].fill_(4.0)
    own["count"].fill_(7)
    average.restart()
    assert average.tensors["a"].tolist() == [4.0, 4.0]
    assert average.tensors["count"].item() == 7
    own["a"].fill_(5.0)  # a copy, not the tensor itself
    assert average.tensors["a"].tolist() == [4.0, 4.0]
