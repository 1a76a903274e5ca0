"""A sample of an endless stream in which every class has its part: class-balancing reservoir
sampling.

    reservoir = Reservoir(size=500, seed=1)
    for image, label in stream:
        slot = reservoir.offer(label)
        if slot is not None:
            images[slot] = image

Source: Chrysakis, Moens: Online Continual Learning from Imbalanced Data, ICML 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from protonet.randomness import key, random_words

_UNIT = 2.0**-64


class Reservoir:
    """Says which samples of a stream are kept, and where; whoever uses it stores them.

    It keeps the first `size` samples. From then on a sample of a class that was never one of the
    largest takes the place of a random sample of a largest class, so that the kept classes grow
    alike; and a sample of a class that was a largest one takes the place of a random sample of its
    own class with the probability m / n, of n samples of the class seen so far and m kept, so that
    each class is a uniform sample of what was seen of it. Every choice is a function of the seed
    and the number of the sample.

    Args:
        size: samples that are kept, at least 1.
        seed: of the choices.

    Attributes:
        size: samples that are kept.
        seed: of the choices.
        seen: samples that were offered.

    Raises: ValueError if size is below 1.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        if size < 1:
            raise ValueError(f"a reservoir keeps at least 1 sample, not {size}")
        self.size, self.seed, self.seen = size, seed, 0
        self._labels: list[int] = []
        self._slots: dict[int, list[int]] = {}
        self._seen: dict[int, int] = {}
        self._full: set[int] = set()

    def __len__(self) -> int:
        """Return the number of samples that are kept now."""
        return len(self._labels)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The class of the sample in each slot, (len,)."""
        return np.array(self._labels, np.int64)

    @property
    def counts(self) -> dict[int, int]:
        """Samples kept of each class that was seen, by its label, the smallest label first."""
        return {label: len(slots) for label, slots in sorted(self._slots.items())}

    def offer(self, label: int) -> int | None:
        """Take note of the next sample of the stream; return the slot that it is to be kept in,
        whose former sample goes, or None if it is not kept.

        Args:
            label: its class, any whole number.
        """
        slot = int(self.offer_all(np.array([label]))[0])
        return None if slot < 0 else slot

    def offer_all(self, labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Take note of the next samples of the stream, in their order; return for each the slot
        that it is to be kept in, or -1, (N,). A later one may take the slot of an earlier.

        Args:
            labels: their classes, (N,).
        """
        numbers = np.arange(self.seen, self.seen + len(labels))
        first = random_words(key(self.seed, "reservoir"), numbers).tolist()
        second = random_words(key(self.seed, "replaced"), numbers).tolist()
        slots = [
            self._slot(label, one, other)
            for label, one, other in zip(labels.tolist(), first, second, strict=True)
        ]
        self.seen += len(slots)
        return np.array(slots, np.int64)

    def state(self) -> dict[str, npt.NDArray[np.int64]]:
        """Return all that `restored` needs to go on exactly, as arrays of whole numbers."""
        classes = sorted(self._seen)
        kept = [self._slots.get(label, []) for label in classes]
        return {
            "settings": np.array([self.size, self.seen, _signed(self.seed)]),
            "labels": self.labels,
            "classes": np.array(classes, np.int64),
            "class_seen": np.array([self._seen[label] for label in classes], np.int64),
            "class_full": np.array([label in self._full for label in classes], np.int64),
            "class_kept": np.array([len(slots) for slots in kept], np.int64),
            "slots": np.array([slot for slots in kept for slot in slots], np.int64),
        }

    @classmethod
    def restored(cls, state: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return a reservoir as it was when `state` was taken.

        Raises: ValueError if the state is none of a reservoir's.
        """
        try:
            size, seen, seed = (int(number) for number in state["settings"])
            made = cls(size, seed)
            made.seen, made._labels = seen, state["labels"].tolist()
            classes = state["classes"].tolist()
            ends = np.cumsum(state["class_kept"])[:-1]
            parts = np.split(state["slots"], ends) if classes else []
            for number, label in enumerate(classes):
                made._seen[label] = int(state["class_seen"][number])
                made._slots[label] = parts[number].tolist()
                if state["class_full"][number]:
                    made._full.add(label)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"this is no state of a reservoir: {error!r}") from error
        if sorted(slot for slots in made._slots.values() for slot in slots) != [
            *range(len(made._labels))
        ]:
            raise ValueError("this is no state of a reservoir: a slot is missing")
        return made

    def _slot(self, label: int, first: int, second: int) -> int:
        """Return the slot for a sample; the random words choose."""
        seen = self._seen[label] = self._seen.get(label, 0) + 1
        own = self._slots.setdefault(label, [])
        if len(self._labels) < self.size:
            own.append(len(self._labels))
            self._labels.append(label)
            if len(self._labels) == self.size:
                self._note_largest()
            return own[-1]
        if label in self._full:
            return own[second % len(own)] if first * _UNIT * seen < len(own) else -1
        largest = self._largest()
        victim = self._slots[largest[first % len(largest)]]
        place = second % len(victim)
        slot = victim[place]
        victim[place] = victim[-1]
        victim.pop()
        own.append(slot)
        self._labels[slot] = label
        self._note_largest()
        return slot

    def _largest(self) -> list[int]:
        """Return the classes of which most samples are kept, the smallest label first."""
        most = max(map(len, self._slots.values()))
        return sorted(label for label, slots in self._slots.items() if len(slots) == most)

    def _note_largest(self) -> None:
        self._full.update(self._largest())


def _signed(word: int) -> int:
    """Return the 64-bit number that is the same key."""
    return (word + (1 << 63)) % (1 << 64) - (1 << 63)
