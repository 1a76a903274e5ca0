"""What models there are: in the built-in index, on the mirrors, in the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from protonet.data.cache import cache_folder
from protonet.errors import DataError
from protonet.zoo.address import check_name
from protonet.zoo.cache import BUILTIN, places, source_folder
from protonet.zoo.download import Download
from protonet.zoo.index import PUBLISHED
from protonet.zoo.mirrors import FolderMirror, Mirror, mirrors
from protonet.zoo.model import MODEL, MOST_BYTES, Accuracy, Model, read_model
from protonet.zoo.published import TASK

INDEX = "index.json"
INDEX_VERSION = 1
"""Grows when an older protonet could no longer read what this one writes."""
OWN = "built-in"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be had.

    Attributes:
        name: of the model.
        task: what it is for.
        accuracy: the first number that it reached, in words; may be empty.
        licence: its terms.
        where: it is to be had: `built-in`, or a mirror's address.
        pulled: whether it is in the cache.
    """

    name: str
    task: str
    accuracy: str
    licence: str
    where: str
    pulled: bool = False


def entries(how: Download | None = None) -> list[Entry]:
    """Return every model that can be had, by name; of several of one name the first that is found
    when it is pulled.

    Raises: DataError if a mirror cannot be read; UsageError if it is none.
    """
    cache = cache_folder()
    how, here = how or Download(cache), {(one.source, one.name) for one in places(cache)}
    found: dict[str, Entry] = {}
    for mirror in mirrors():
        source = source_folder(mirror.address)
        for name, row in _rows(mirror, how).items():
            found.setdefault(name, Entry(name, *row, mirror.address, (source, name) in here))
    for name, one in PUBLISHED.items():
        row = TASK, in_words(one.accuracy), one.licence
        found.setdefault(name, Entry(name, *row, OWN, (BUILTIN, name) in here))
    return [found[name] for name in sorted(found)]


def known_names(how: Download) -> list[str]:
    """Return the names of all models, as far as the mirrors tell."""
    try:
        return [entry.name for entry in entries(how)]
    except DataError:
        return list(PUBLISHED)


def in_words(accuracy: tuple[Accuracy, ...]) -> str:
    """Return the first number of a model's accuracy, `top1 0.6976`; nothing where there is none."""
    return f"{accuracy[0].metric} {accuracy[0].value:.4f}" if accuracy else ""


def harmless(text: str) -> str:
    """Return a text that may be anybody's as one that does nothing to a terminal.

    >>> harmless("\x1b[31mred")
    '?[31mred'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def index_bytes(folder: Path) -> bytes:
    """Return the contents of `index.json` for a folder of models.

    Raises: DataError if a model.json of the folder is none; OSError if one cannot be read.
    """
    rows = {name: list(_row(model)) for name, model in models_in(folder).items()}
    text = json.dumps({"version": INDEX_VERSION, "models": rows}, indent=1, ensure_ascii=False)
    return text.encode() + b"\n"


def models_in(folder: Path) -> dict[str, Model]:
    """Return the models of a folder by name.

    Raises: DataError if a model.json of the folder is none; OSError if one cannot be read.
    """
    paths = sorted(folder.glob(f"[!.]*/{MODEL}"))
    return {path.parent.name: read_model(path.read_bytes(), str(path)) for path in paths}


def _row(model: Model) -> tuple[str, str, str]:
    return model.task, in_words(model.accuracy), model.licence


def _rows(mirror: Mirror, how: Download) -> Mapping[str, tuple[str, str, str]]:
    """Return what a mirror has: name → task, accuracy, licence."""
    if isinstance(mirror, FolderMirror):
        try:
            return {name: _row(model) for name, model in models_in(Path(mirror.address)).items()}
        except OSError as error:
            raise DataError(f"{mirror.address}: cannot be read: {error.strerror}") from error
    data = mirror.text(INDEX, MOST_BYTES, how)
    where = f"{mirror.address.rstrip('/')}/{INDEX}"
    return {} if data is None else _read_index(data, where)


def _read_index(data: bytes, where: str) -> dict[str, tuple[str, str, str]]:
    try:
        document = json.loads(data)
        newer = document["version"] > INDEX_VERSION
        rows = (
            {}
            if newer
            else {
                name: (str(task), str(accuracy), str(licence))
                for name, (task, accuracy, licence) in document["models"].items()
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{where}: this is no list of models") from error
    if newer:
        raise DataError(f"{where}: written by a newer protonet; upgrade protonet to read it")
    for name in rows:
        check_name(name, name)
    return rows
