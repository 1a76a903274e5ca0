"""Where a known set lies, after it was put there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from protonet.data.cache import cache_errors, cache_folder, locked
from protonet.data.known.address import named, parse_address
from protonet.data.known.cache import dataset_path, lock_path, originals_folder
from protonet.data.known.convert import stored_name, write_set
from protonet.data.known.download import Progress, download
from protonet.data.known.original import Originals, given, packaged
from protonet.data.known.sets import KNOWN_SETS, KnownSet, Split
from protonet.data.open import open_dataset
from protonet.data.web import PATIENCE_SECONDS
from protonet.errors import DataError, UsageError
from protonet.spec.data import KNOWN


@dataclass(frozen=True, slots=True)
class Located:
    """A known set, ready to be opened.

    Attributes:
        address: what `protonet.data.open_dataset` opens.
        name: the set it really is, which is another than asked for where a fallback was needed.
        notes: what a person should read, one sentence each; none where the set was in the cache.
    """

    address: str
    name: str
    notes: tuple[str, ...] = ()


AGAIN = "; convert the data again"
"""What an error of a damaged dataset advises."""


class Missing(DataError):
    """A known set that cannot be had.

    Args:
        known: the set.
        tried: each place without it, and why.
    """

    def __init__(self, known: KnownSet, tried: list[str]) -> None:
        self.tried = "; ".join(tried)
        files = ", ".join(file.name for file in known.files)
        super().__init__(
            f"{KNOWN}{known.name} cannot be had: {self.tried}. Connect to the internet, or put "
            f"{files} into a folder {known.folders[0]} and set PROTONET_DATA to the folder that "
            "holds it, or let another set stand in, loudly: fallback: digits"
        )


@dataclass(frozen=True, slots=True)
class Search:
    """How known sets are looked for, and which could not be had.

    One search serves a whole run: then a set that cannot be had is looked for once, and its train
    and test parts are both of the set itself or both of the fallback.

    Attributes:
        sets: the known sets, by name.
        seconds: how long a server may be silent.
        progress: called with the bytes downloaded and all bytes of a set.
        missing: what could not be had, by name; filled by `locate`.
    """

    sets: Mapping[str, KnownSet] = field(default_factory=lambda: KNOWN_SETS)
    seconds: float = PATIENCE_SECONDS
    progress: Progress | None = None
    missing: dict[str, Missing] = field(default_factory=dict)


def locate(address: str, fallback: str | None = None, search: Search | None = None) -> Located:
    """Return where a known set lies; find, download and convert it first where that is needed.

    Args:
        address: `dataset://NAME/SPLIT`.
        fallback: name of the set to be used where the first cannot be had, in that one's image
            size, and with a note that says so loudly.
        search: how to look; a new one if left out.

    Raises: UsageError if a name is not known; DataError if the set cannot be had and there is no
        fallback, or a file under `$PROTONET_DATA` is not the original; StorageError if the cache
        cannot be written.
    """
    search = search or Search()
    known, split = parse_address(address, search.sets)
    stand_in = _stand_in(fallback, known, search)
    first_time = known.name not in search.missing
    try:
        return _located(known, known, split, search)
    except Missing as missing:
        if stand_in is None:
            raise
        tried = missing.tried
    try:
        found = _located(stand_in, known, split, search)
    except Missing as also:
        raise DataError(f"{address} cannot be had: {tried}. Nor can its fallback: {also}") from also
    reasons = (f"{known.name} was looked for: {tried}",) if first_time else ()
    loud = _loud(address, known, stand_in, split)
    return replace(found, notes=(loud, *reasons, *found.notes))


def _stand_in(fallback: str | None, known: KnownSet, search: Search) -> KnownSet | None:
    if fallback is None:
        return None
    stand_in = named(fallback.removeprefix(KNOWN), search.sets, f"fallback {fallback}")
    if stand_in is known:
        raise UsageError(f"fallback {fallback}: a set cannot stand in for itself; name another")
    return stand_in


def _loud(address: str, known: KnownSet, stand_in: KnownSet, split: Split) -> str:
    part = next(part for part in stand_in.splits if part.name == split.name)
    size, wanted = (f"{each.height} x {each.width}" for each in (stand_in, known))
    resampled = f", resampled to {wanted}" if size != wanted else ""
    return (
        f"{address} cannot be had; {split.name.upper()}ING ON {stand_in.name} INSTEAD: "
        f"{part.count:,} {stand_in.what} of {size} pixels{resampled}"
    )


def _located(known: KnownSet, like: KnownSet, split: Split, search: Search) -> Located:
    """Return a set in the image size of another.

    Raises: Missing, DataError, StorageError.
    """
    if known.name in search.missing:
        raise search.missing[known.name]
    cache = cache_folder()
    place = dataset_path(cache, stored_name(known, like))
    found = Located(f"{place}/{split.name}", known.name)
    if _unusable(place, split) is None:
        return found
    with locked(lock_path(cache, known.name), cache):
        why = _unusable(place, split)  # another process may have made it while this one waited
        if why is None:
            return found
        damage = () if why == _absent(place) else (f"damaged in the cache: {why}",)
        originals = _originals(known, cache, [why], search)
        with cache_errors(cache):
            write_set(known, like, originals, place)
    return replace(found, notes=damage + _made(known, originals, place, again=bool(damage)))


def _unusable(place: Path, split: Split) -> str | None:
    """Return why a set in the cache cannot be used, or None where it can; read in milliseconds."""
    if not os.path.lexists(place):
        return _absent(place)
    try:
        open_dataset(f"{place}/{split.name}").close()
    except (DataError, UsageError) as error:
        return str(error).removesuffix(AGAIN)  # which is what is done here, unasked
    return None


def _absent(place: Path) -> str:
    return f"{place}: not there yet"


def _originals(known: KnownSet, cache: Path, tried: list[str], search: Search) -> Originals:
    """Return a set's original files.

    Raises: Missing, DataError, StorageError.
    """
    if known.packaged:
        return packaged(known)
    originals = given(known, tried) or download(
        known,
        originals_folder(cache, known.name),
        tried,
        seconds=search.seconds,
        progress=search.progress,
    )
    if originals is None:
        search.missing[known.name] = Missing(known, tried)
        raise search.missing[known.name]
    return originals


def _made(known: KnownSet, originals: Originals, place: Path, *, again: bool) -> tuple[str, ...]:
    """Say that a set was converted; of one that comes with protonet only what is out of order."""
    if known.packaged and not again:
        return ()
    how = "converted again" if again else "converted"
    return (f"{known.name} was {how} from {originals.origin} to {place}",)
