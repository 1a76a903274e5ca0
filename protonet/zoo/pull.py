"""`pull`: a model from a mirror, or from where its authors published it, into the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from protonet.data.cache import cache_errors, cache_folder
from protonet.data.web import PATIENCE_SECONDS, FailedError
from protonet.errors import DataError, UsageError
from protonet.records import suggestion
from protonet.zoo.address import ZOO, check_name
from protonet.zoo.cache import BUILTIN, Place, Pulled, pin, pinned, source_folder
from protonet.zoo.check import check_files
from protonet.zoo.convert import convert
from protonet.zoo.download import Download, Progress, Wanted
from protonet.zoo.index import PUBLISHED
from protonet.zoo.listing import known_names
from protonet.zoo.mirrors import VARIABLE, Mirror, mirrors
from protonet.zoo.model import MODEL, MOST_BYTES, Model, damage_of, read_model
from protonet.zoo.published import Published


@dataclass(frozen=True, slots=True)
class Pull:
    """How models are pulled.

    Attributes:
        seconds: how long a server may be silent.
        progress: called as bytes arrive.
        say: takes what a person should read.
    """

    seconds: float = PATIENCE_SECONDS
    progress: Progress | None = None
    say: Callable[[str], object] = lambda text: None

    def download(self, cache: Path) -> Download:
        """Return how files are downloaded."""
        return Download(cache, seconds=self.seconds, progress=self.progress)


def pull(name: str, how: Pull | None = None) -> Pulled:
    """Bring a model into the cache, from the first that has it: the mirrors, then its authors.

    Of one that is there, only what differs from its source is fetched.

    Raises: UsageError if there is no such model; DataError if it cannot be had, is damaged, or of a
        newer protonet; StorageError if the cache cannot be written.
    """
    check_name(name, name)
    how = how or Pull()
    cache = cache_folder()
    for mirror in mirrors():
        data = mirror.text(f"{name}/{MODEL}", MOST_BYTES, how.download(cache))
        if data is not None:
            where = f"{mirror.address.rstrip('/')}/{name}/{MODEL}"
            model = _named(read_model(data, where), name, where)
            return _from_mirror(
                mirror, model, Place(cache, source_folder(mirror.address), name), how
            )
    if name in PUBLISHED:
        return _from_authors(PUBLISHED[name], Place(cache, BUILTIN, name), how)
    known = known_names(how.download(cache))
    raise UsageError(f"{ZOO}{name}: there is no such model; {suggestion(name, known)}")


def places_of(name: str) -> list[Place]:
    """Return where a model may lie in the cache, in the order in which it is looked for.

    Raises: UsageError if a mirror is none; StorageError if there is no cache.
    """
    cache = cache_folder()
    folders = [*(source_folder(mirror.address) for mirror in mirrors()), BUILTIN]
    return [Place(cache, folder, name) for folder in folders]


def _named(model: Model, name: str, where: str) -> Model:
    if model.name != name:
        raise DataError(f"{where}: this is the model {model.name!a}, and not {name}")
    return model


def _from_mirror(mirror: Mirror, model: Model, place: Place, how: Pull) -> Pulled:
    with place.held():
        before = _whole(place)
        if before is not None and before.model == model:
            return before
        download = how.download(place.cache)
        with cache_errors(place.cache):
            place.arriving.mkdir(parents=True, exist_ok=True)
        for file, facts in model.files.items():
            target = place.arriving / file
            if not damage_of(place.arriving, model, (file,)):
                continue
            if before is not None and before.model.files[file] == facts:
                with cache_errors(place.cache):
                    shutil.copyfile(before.folder / file, target)
                continue
            mirror.file(f"{place.name}/{file}", target, facts, download)
        try:
            check_files(place.arriving)
        except DataError:
            shutil.rmtree(place.arriving, ignore_errors=True)
            raise
        return place.put(model)


def _from_authors(published: Published, place: Place, how: Pull) -> Pulled:
    """Download what was published, verify it, and convert it."""
    with place.held():
        before = _whole(place)
        origin = before.model.original if before is not None else None
        if before is not None and origin is not None and origin.url == published.url:
            return before
        original = place.arriving / published.url.rpartition("/")[2]
        known = pinned(place.cache, published.url)
        with cache_errors(place.cache):
            place.arriving.mkdir(parents=True, exist_ok=True)
        wanted = Wanted(published.most, published.checksum, algorithm=published.algorithm)
        if known is not None:
            wanted = Wanted(published.most, known)
        try:
            facts = how.download(place.cache).file(published.url, original, wanted)
        except FailedError as error:
            raise DataError(_cannot_be_had(published, error)) from error
        pin(place.cache, published.url, facts.sha256)
        how.say(f"converting {original.name} to the layers of {published.net}")
        try:
            with cache_errors(place.cache):
                model = convert(published, original, place.arriving)
                original.unlink()
        except DataError:
            shutil.rmtree(place.arriving, ignore_errors=True)
            raise
        return place.put(model)


def _cannot_be_had(published: Published, error: FailedError) -> str:
    return (
        f"{ZOO}{published.name} cannot be had: {published.url}: {error}. Connect to the internet "
        f"and pull it once, or name a mirror that has it: {VARIABLE}=FOLDER or an address"
    )


def _whole(place: Place) -> Pulled | None:
    """Return the model that is there, if nothing is wrong with it."""
    with suppress(DataError):
        pulled = place.pulled()
        if pulled is not None and not pulled.damage():
            return pulled
    return None
