"""Where the records of a set are: each of its sources found and opened, as the spec names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from protonet.data import open_dataset
from protonet.data.dataset import ChunkedDataset
from protonet.data.header import Header
from protonet.data.known import Search, locate
from protonet.errors import DataError, Path, PathError, PathErrors, UsageError
from protonet.run.paths import home, near
from protonet.schema import Spec
from protonet.spec.data import KNOWN, SourceSpec, is_known

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Found:
    """One source of a set, open.

    Attributes:
        place: where in the spec it is named: `("data", "train")`, or in a list one number more.
        spec: what the spec says of it.
        dataset: its records.
        is_stand_in: whether a fallback is read in place of the known set that the spec names.
    """

    place: Path
    spec: SourceSpec
    dataset: ChunkedDataset
    is_stand_in: bool = False

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        return self.dataset.header


def find_sources(name: str, spec: Spec, search: Search, say: Say) -> tuple[Found, ...]:
    """Open the sources of a set, which are read in step.

    Args:
        name: the set.
        spec: the spec.
        search: how known sets are looked for.
        say: takes what a person must know: a set downloaded, another used in its place.

    Raises: PathErrors if some cannot be had, or do not hold as many records as the first.
    """
    found: list[Found] = []
    errors: list[PathError] = []
    for below, source in spec.data[name].sources.items():
        try:
            found.append(_find(("data", name, *below), source, spec, search, say))
        except PathError as error:
            errors.append(error)
    errors += _out_of_step(found)
    if errors:
        raise PathErrors(errors)
    return tuple(found)


def _find(place: Path, source: SourceSpec, spec: Spec, search: Search, say: Say) -> Found:
    written = source.source
    try:
        if not is_known(written):
            path = near(home(spec, *place, "source"), written)
            return Found(place, source, open_dataset(path))
        known = locate(written, source.fallback, search)
        for note in known.notes:
            say(note)
        asked = written.removeprefix(KNOWN).partition("/")[0]
        return Found(place, source, open_dataset(known.address), known.name != asked)
    except (DataError, UsageError) as error:
        raise PathError("PN040", (*place, "source"), str(error)) from error


def _out_of_step(found: Sequence[Found]) -> list[PathError]:
    """Return an error for each source that holds more or fewer records than the first."""
    return [
        PathError(
            "PN041",
            (*one.place, "source"),
            f"{one.dataset.path} has {len(one.dataset)} records, and {found[0].dataset.path}, "
            f"with which it is read in step, has {len(found[0].dataset)}",
        )
        for one in found[1:]
        if len(one.dataset) != len(found[0].dataset)
    ]
