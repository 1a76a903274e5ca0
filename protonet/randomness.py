"""Random numbers as pure functions of a key.

They are the same for any number of workers, and after any resume.
`uniform(key(seed, epoch, operation), positions)` needs no state, so nothing has to be saved to
continue exactly. The mixing function is SplitMix64's finaliser (Steele, Lea, Flood: Fast Splittable
Pseudorandom Number Generators, OOPSLA 2014), applied once per word of the key.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1


def mix(words: Words) -> Words:
    """Scramble each 64-bit word; a bijection. Shape is kept."""
    words = words + _GOLDEN
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))


def key(*parts: int | str) -> int:
    """Return a 64-bit key for a tuple of whole numbers and names.

    >>> key(1, "dropout") == key(1, "dropout"), key(1, 2) == key(2, 1)
    (True, False)
    """
    state = 0
    for part in parts:
        word = zlib.crc32(part.encode()) if isinstance(part, str) else part
        state = _mixed(state ^ (word & _MASK))
    return state


def _mixed(word: int) -> int:
    """Do as `mix` to one word, a tenth of the time that an array of one takes."""
    word = (word + int(_GOLDEN)) & _MASK
    word = (word ^ (word >> 30)) * int(_FIRST) & _MASK
    word = (word ^ (word >> 27)) * int(_SECOND) & _MASK
    return word ^ (word >> 31)


def random_words(seed: int, counters: npt.NDArray[np.int64] | Words) -> Words:
    """Return one random 64-bit word per counter. Shape is kept."""
    return mix(mix(counters.astype(np.uint64)) ^ np.uint64(seed & _MASK))


def uniform(seed: int, counters: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return one number in [0, 1) per counter, 53 random bits each. Shape is kept."""
    return (random_words(seed, counters) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limit: int, seed: int, counters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one whole number in [0, limit) per counter; the bias is below limit / 2**53."""
    return (uniform(seed, counters) * limit).astype(np.int64)
