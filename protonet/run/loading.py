"""From a file to a checked spec, with all that a spec may refer to: its data, its plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from protonet.caffe.opening import import_prototxt, is_of_inputs, is_prototxt
from protonet.convert.direct import Reading, open_directly
from protonet.convert.window_list import window_classes
from protonet.data.known.address import parse_address
from protonet.data.known.sets import KNOWN_SETS
from protonet.data.window_file import is_window_file
from protonet.errors import UsageError
from protonet.net import shape_errors
from protonet.problems import SourceText
from protonet.records import few_suggestions
from protonet.run.paths import near
from protonet.schema import Spec, Tables, check_spec, load_spec
from protonet.source import Origin, without_collector
from protonet.source.written import written
from protonet.source.yaml_text import read_yaml
from protonet.spec.data import is_known, is_path
from protonet.zoo.find import net_file


def load(path: str | Path, overrides: Iterable[str] = (), *, allow_plugins: bool = False) -> Spec:
    """Read and check a spec file, shapes included where something else is wrong.

    Args:
        path: the YAML file, or a net's or solver's prototxt of Caffe.
        overrides: `path=value` texts that change it, `solver.base_lr=0.02`.
        allow_plugins: load the plugins that a base or another file names, too.

    Raises: UsageError if there is no such file; SpecError with all problems at once.
    """
    tables = Tables(classes=number_of_classes, allow_plugins=allow_plugins, find=net_file)
    if is_prototxt(path):
        return _load_prototxt(Path(path), list(overrides), tables)
    return load_spec(path, overrides, tables=tables, prove=shape_errors)


@few_suggestions()
@without_collector()
def load_plain(
    plain: Mapping[str, Any],
    name: str,
    overrides: Iterable[str] = (),
    *,
    allow_plugins: bool = False,
) -> Spec:
    """Check a resolved spec that was kept as plain data, as a snapshot keeps it.

    Args:
        plain: the data; its paths are absolute.
        name: what errors call it.
        overrides: `path=value` texts that change it.
        allow_plugins: load the plugins that another file names, too.

    Raises: SpecError with all problems at once.
    """
    text = written(plain)
    reading = read_yaml(text, SourceText(name, tuple(text.splitlines()), Path.cwd()))
    origin = Origin(name, Path.cwd(), reading.data, reading.marks, reading.problems)
    tables = Tables(classes=number_of_classes, allow_plugins=allow_plugins, find=net_file)
    return check_spec(origin.overridden(overrides), tables, shape_errors)


@few_suggestions()
@without_collector()
def _load_prototxt(path: Path, overrides: Sequence[str], tables: Tables) -> Spec:
    origin = import_prototxt(path, overrides, layers=tables.layers).origin
    rest = [text for text in overrides if not is_of_inputs(text)]
    return check_spec(origin.overridden(rest), tables, shape_errors)


def number_of_classes(train: Any, folder: Path) -> int:
    """Return how many classes a training set has, by its header.

    Args:
        train: what the spec says of it: a map, or a list of maps.
        folder: what relative paths start from.

    Raises: UsageError if no source names classes; DataError if one cannot be opened.
    """
    entries = [
        (address, entry.get("root_folder"))
        for entry in (train if isinstance(train, list) else [train])
        if isinstance(entry, Mapping)
        for address in _addresses(entry.get("source"))
    ]
    for address, root in entries:
        classes = _classes(address, root if isinstance(root, str) else None, folder)
        if classes:
            return len(classes)
    verb = "name" if len(entries) > 1 else "names"
    named = " and ".join(address for address, _ in entries)
    raise UsageError(f"{named or 'data.train'} {verb} no classes")


def _addresses(written: Any) -> list[str]:
    """Return what a source names, as far as it is written as it should be."""
    several = isinstance(written, list | Mapping)
    return [one for one in (written if several else [written]) if isinstance(one, str)]


def _classes(source: str, root: str | None, folder: Path) -> tuple[str, ...] | None:
    if is_known(source):  # known without having it
        return parse_address(source, KNOWN_SETS)[0].classes
    if not is_path(source):
        return None
    if is_window_file(near(folder, source)):
        return window_classes(near(folder, source))
    reading = Reading(root=None if root is None else near(folder, root))
    dataset = open_directly(near(folder, source), reading).dataset
    try:
        return dataset.header.classes
    finally:
        dataset.close()
