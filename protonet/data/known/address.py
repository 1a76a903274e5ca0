"""`dataset://NAME/SPLIT`, taken apart."""

from __future__ import annotations

from collections.abc import Mapping

from protonet.data.known.sets import KnownSet, Split
from protonet.errors import UsageError
from protonet.records import suggestion
from protonet.spec.data import KNOWN, is_known


def parse_address(address: str, sets: Mapping[str, KnownSet]) -> tuple[KnownSet, Split]:
    """Return the set and the part of it that an address names.

    Raises: UsageError if it is written otherwise, or names what is not known.
    """
    name, *rest = address.removeprefix(KNOWN).split("/")
    if not is_known(address) or not name or len(rest) > 1:
        raise UsageError(
            f"{address}: a known set is written {KNOWN}NAME/SPLIT, such as {KNOWN}mnist/train"
        )
    known = named(name, sets, address)
    asked = rest[0] if rest else ""
    for split in known.splits:
        if split.name == asked:
            return known, split
    addresses = " or ".join(f"{KNOWN}{name}/{split.name}" for split in known.splits)
    if not asked:
        raise UsageError(f"{address}: it has {len(known.splits)} parts; give {addresses}")
    raise UsageError(f'{address}: {name} has no part "{asked}"; give {addresses}')


def named(name: str, sets: Mapping[str, KnownSet], where: str) -> KnownSet:
    """Return the known set of this name.

    Raises: UsageError if there is none.
    """
    if name not in sets:
        raise UsageError(f'{where}: there is no known set "{name}"; {suggestion(name, sets)}')
    return sets[name]
