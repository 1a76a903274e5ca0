"""From a file to a checked spec, with all that a spec may refer to: its data, its plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from protonet.data import open_dataset
from protonet.data.known.address import parse_address
from protonet.data.known.sets import KNOWN_SETS
from protonet.errors import UsageError
from protonet.net import shape_errors
from protonet.run.paths import near
from protonet.schema import Spec, Tables, load_spec
from protonet.spec.data import is_known


def load(path: str | Path, overrides: Iterable[str] = (), *, allow_plugins: bool = False) -> Spec:
    """Read and check a spec file, shapes included where something else is wrong.

    Args:
        path: the YAML file.
        overrides: `path=value` texts that change it, `solver.base_lr=0.02`.
        allow_plugins: load the plugins that a base or another file names, too.

    Raises: UsageError if there is no such file; SpecError with all problems at once.
    """
    tables = Tables(classes=number_of_classes, allow_plugins=allow_plugins)
    return load_spec(path, overrides, tables=tables, prove=shape_errors)


def number_of_classes(train: Any, folder: Path) -> int:
    """Return how many classes a training set has, by its header.

    Args:
        train: what the spec says of it: a map, or a list of maps.
        folder: what relative paths start from.

    Raises: UsageError if no source names classes; DataError if one cannot be opened.
    """
    sources = [
        entry["source"]
        for entry in (train if isinstance(train, list) else [train])
        if isinstance(entry, Mapping) and isinstance(entry.get("source"), str)
    ]
    for source in sources:
        classes = _classes(source, folder)
        if classes:
            return len(classes)
    verb = "name" if len(sources) > 1 else "names"
    raise UsageError(f"{' and '.join(sources) or 'data.train'} {verb} no classes")


def _classes(source: str, folder: Path) -> tuple[str, ...] | None:
    if is_known(source):  # known without having it
        return parse_address(source, KNOWN_SETS)[0].classes
    dataset = open_dataset(near(folder, source))
    try:
        return dataset.header.classes
    finally:
        dataset.close()
