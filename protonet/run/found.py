"""Where the records of a set are: each of its sources found and opened, as the spec names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protonet.data.concatenated import Concatenated, difference
from protonet.data.header import Header
from protonet.data.known import Search
from protonet.data.table import Dataset
from protonet.errors import Path, PathError, PathErrors
from protonet.net.form import Form
from protonet.run.caching import RAM, Tables, kept_in_ram
from protonet.run.opening import Opener, Say
from protonet.schema import Spec
from protonet.spec.addresses import addresses_of
from protonet.spec.data import SourceSpec


@dataclass(frozen=True, slots=True)
class Found:
    """One source of a set, open.

    Attributes:
        place: where in the spec it is named: `("data", "train")`, or in a list one number more.
        spec: what the spec says of it.
        dataset: its records.
        is_stand_in: whether a fallback is read in place of the known set that the spec names.
        tables: those of its fields that are on a device.
    """

    place: Path
    spec: SourceSpec
    dataset: Dataset
    is_stand_in: bool = False
    tables: Tables = field(default_factory=Tables, compare=False)

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        return self.dataset.header


def find_sources(
    name: str, spec: Spec, search: Search, say: Say, net: Form | None = None
) -> tuple[Found, ...]:
    """Open the sources of a set, which are read in step.

    Args:
        name: the set.
        spec: the spec.
        search: how known sets are looked for.
        say: takes what a person must know: a set downloaded, another used in its place.
        net: that is fed, for samples that are made up; None where there are none.

    Raises: PathErrors if some cannot be had, or do not hold as many records as the first.
    """
    found: list[Found] = []
    errors: list[PathError] = []
    opener = Opener(spec, search, say, net)
    for below, source in spec.data[name].sources.items():
        place = ("data", name, *below)
        try:
            found.append(_together(opener, place, source))
        except PathError as error:
            errors.append(error)
    errors += _out_of_step(found)
    if errors:
        raise PathErrors(errors)
    return tuple(found)


def _together(opener: Opener, place: Path, source: SourceSpec) -> Found:
    """Open the datasets of a source, which are read as one.

    Raises: PathError if one cannot be had, or differs from the first.
    """
    opened = [opener.open(address, place, source) for address in addresses_of(source.source)]
    first = opened[0].dataset
    for other in opened[1:]:
        told = difference(first.header, other.dataset.header)
        if told:
            both = f"{first.path} and {other.dataset.path} are read as one, and differ"
            raise PathError("PN041", (*place, "source"), f"{both}: {told}")
    stand_in = any(one.is_stand_in for one in opened)
    whole: Dataset = first if len(opened) == 1 else Concatenated([one.dataset for one in opened])
    if source.cache == RAM:
        whole = kept_in_ram(whole, place)
    return Found(place, source, whole, stand_in)


def _out_of_step(found: Sequence[Found]) -> list[PathError]:
    """Return an error for each source that holds more or fewer records than the first."""
    return [
        PathError(
            "PN041",
            (*one.place, "source"),
            f"{_has(one)} {len(one.dataset)} records, and {found[0].dataset.path}, with which "
            f"it is read in step, {_has(found[0]).rpartition(' ')[2]} {len(found[0].dataset)}",
        )
        for one in found[1:]
        if len(one.dataset) != len(found[0].dataset)
    ]


def _has(found: Found) -> str:
    several = isinstance(found.dataset, Concatenated)
    return f"{found.dataset.path} {'have' if several else 'has'}"
