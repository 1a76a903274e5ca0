"""Texts as numbers: each token is its place in a vocabulary.

Place 0 fills texts up to one length, 1 stands for a token that is not known; the others follow from
the most frequent one down, of equally frequent ones in the order of their characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from protonet.data.layout import Array

PADDING, UNKNOWN = "<pad>", "<unk>"


def tokens(text: str, kind: str) -> Sequence[str]:
    """Return the words or the characters of a text.

    >>> tokens("a cat", "words"), tokens("cat", "characters")
    (['a', 'cat'], ['c', 'a', 't'])
    """
    return list(text) if kind == "characters" else text.split()


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that are known, in order.

    Args:
        names: padding, unknown, and the tokens.
        length: tokens of a stored text.
    """

    names: tuple[str, ...]
    length: int

    def encode(self, texts: Sequence[Sequence[str]]) -> tuple[Array, Array]:
        """Return the numbers of texts, (N, length) int32, and how many of each are tokens, (N,)."""
        places = {name: place for place, name in enumerate(self.names)}
        numbers = np.zeros((len(texts), self.length), np.int32)
        lengths = np.zeros(len(texts), np.int64)
        for row, text in enumerate(texts):
            known = [places.get(token, 1) for token in text[: self.length]]
            numbers[row, : len(known)] = known
            lengths[row] = len(known)
        return numbers, lengths


def learn(
    texts: Iterable[Sequence[str]], most: int | None, length: int | None, longest: int
) -> Vocabulary:
    """Return the vocabulary of texts.

    Args:
        texts: their tokens.
        most: tokens that are known, the most frequent ones; None knows all.
        length: tokens of a stored text; None is the longest.
        longest: tokens of the longest text.
    """
    counts = Counter(token for text in texts for token in text)
    for reserved in (PADDING, UNKNOWN):
        counts.pop(reserved, None)
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    return Vocabulary((PADDING, UNKNOWN, *ordered[:most]), length or max(1, longest))
