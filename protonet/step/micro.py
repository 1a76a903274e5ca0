"""A batch computed in parts, one after the other, where the memory does not hold it at once.

The gradients of the parts add up to those of the whole batch: each loss is divided by what the
whole batch is divided by. What a net draws at random, and what it normalises by the batch, is of a
part.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import torch
from torch import Tensor

from protonet.errors import UsageError
from protonet.layers.normalization import wide
from protonet.step.generators import generator_state, set_generator_state
from protonet.step.objective import Batch, Outputs
from protonet.step.splitting import CannotSplit, Splitting, Sums, check, weighed

Made = TypeVar("Made")
Differentiate = Callable[[Outputs], Tensor]
"""From the outputs to the loss, after its gradients were added to those of the parameters."""


@dataclass(slots=True)
class MicroBatch:
    """How many samples are computed at once; the updates of a training share it.

    Attributes:
        size: samples of a part; None: a batch is computed as a whole.
        shrinks: whether it is halved, and the step repeated, when memory runs out.
        is_full: whether an error says that memory ran out.
        say: takes what a person must know.
    """

    size: int | None = None
    shrinks: bool = True
    is_full: Callable[[Exception], bool] = lambda error: isinstance(error, torch.OutOfMemoryError)
    say: Callable[[str], object] = lambda text: None
    said: set[str] = field(default_factory=set)

    def say_once(self, text: str) -> None:
        """Say something that has not been said."""
        if text and text not in self.said:
            self.said.add(text)
            self.say(text)


class Micro:
    """Computes the batches of one update in parts.

    Args:
        state: of how many samples.
        make: gives the splitting, when it is first needed; it may raise CannotSplit.
    """

    def __init__(self, state: MicroBatch, make: Callable[[], Splitting]) -> None:
        self.state, self._make = state, make
        self._splitting: Splitting | None = None

    def guarded(
        self,
        compute: Callable[[Iterable[Batch]], Made],
        batches: Iterable[Batch],
        device: torch.device,
    ) -> Made:
        """Compute, and where memory runs out compute again in smaller parts, with the same batches
        and the same random numbers; raise what was raised where that cannot be."""
        if not self.state.shrinks:
            return compute(batches)
        seen: list[Batch] = []
        stream, state = _kept(batches, seen), generator_state(device)
        while True:
            try:
                return compute(chain(list(seen), stream))
            except (RuntimeError, MemoryError) as error:
                if not self.state.is_full(error) or not self._shrink(seen):
                    raise
                traceback.clear_frames(error.__traceback__)  # they hold the activations
            if device.type == "cuda":
                torch.cuda.empty_cache()
            set_generator_state(device, state)

    def backward(self, batch: Batch, differentiate: Differentiate) -> tuple[Tensor, Outputs] | None:
        """Compute a batch in parts; None where it is to be computed as a whole.

        Returns: its loss and its outputs.
        Raises: UsageError if the net cannot be computed in parts.
        """
        size = self.state.size
        if size is None:
            return None
        try:
            splitting = self._splits(batch)
        except CannotSplit as why:
            text = f"solver.micro_batch {size}: a batch cannot be computed in parts: {why}"
            raise UsageError(text) from why
        samples = splitting.samples(batch)
        if samples <= size:
            return None
        parts = splitting.parts(batch, size)
        totals = self._totals(splitting, parts, samples) if splitting.uneven else {}
        losses: list[Tensor] = []
        sums = Sums(splitting)
        for part in parts:
            share = splitting.samples(part) / samples
            given = splitting.forward(*part)
            losses.append(differentiate(weighed(splitting, given, totals, share)))
            sums.add(given, share)
        return torch.stack(losses).sum(), sums.outputs()

    def _shrink(self, seen: Sequence[Batch]) -> bool:
        """Halve the parts; return whether that could be done."""
        state = self.state
        try:
            splitting = self._splits(seen[0]) if seen else None
        except CannotSplit as why:
            state.say_once(f"memory ran out, and a batch cannot be computed in parts: {why}")
            return False
        if splitting is None:
            return False
        size = min(state.size or splitting.samples(seen[0]), splitting.samples(seen[0]))
        if size < 2:
            return False
        state.size = -(-size // 2)
        state.say_once(
            f"memory ran out: from here on batches are computed in parts of {state.size} "
            f"sample{'s' * (state.size > 1)}, whose gradients add up to those of the whole batch"
        )
        state.say_once(splitting.note)
        return True

    def _splits(self, batch: Batch) -> Splitting:
        if self._splitting is None:
            made = self._make()
            with _unmoved(made, batch[0].device):
                check(made, batch)
            self._splitting = made
        return self._splitting

    def _totals(
        self, splitting: Splitting, parts: Sequence[Batch], samples: int
    ) -> dict[str, Tensor]:
        """Return what the whole batch is divided by, without gradients."""
        totals: dict[str, Tensor] = {}
        with _unmoved(splitting, parts[0][0].device):
            for part in parts:
                given = splitting.forward(*part)
                for name in splitting.uneven:
                    denominator = wide(given[name][1])
                    totals[name] = totals[name] + denominator if name in totals else denominator
        return totals


@contextmanager
def _unmoved(splitting: Splitting, device: torch.device) -> Iterator[None]:
    """Compute without gradients, and leave random numbers and statistics as they were, also where
    memory runs out meanwhile."""
    state = generator_state(device)
    kept = [tensor.clone() for tensor in splitting.statistics]
    with torch.no_grad():
        try:
            yield
        finally:
            for tensor, before in zip(splitting.statistics, kept, strict=True):
                tensor.copy_(before)
            set_generator_state(device, state)


def _kept(batches: Iterable[Batch], seen: list[Batch]) -> Iterator[Batch]:
    for batch in batches:
        seen.append(batch)
        yield batch
