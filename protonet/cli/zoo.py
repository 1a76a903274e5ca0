"""`protonet zoo`: named nets with weights: found, pulled, checked, passed on."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from protonet.cli.looking import add_format
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

HELP = "list, pull and push nets with weights"
EXAMPLE = """\
protonet zoo list
protonet zoo info resnet18
protonet zoo pull resnet18
protonet zoo push flowers runs/flowers/1 --to models/ --licence CC-BY-4.0
protonet train flowers.yaml --weights zoo://resnet18"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and the arguments of each."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    add_format(_action(actions, "list", "list every model that can be had"))
    info = _action(actions, "info", "tell all that is known of a model")
    info.add_argument("name", metavar="NAME", help="of the model")
    add_format(info)
    _add_names(_action(actions, "pull", "bring models into the cache"), "+")
    _add_names(_action(actions, "verify", "check the files of models in the cache"), "*")
    _add_names(_action(actions, "remove", "remove models from the cache"), "+")
    _add_push(_action(actions, "push", "put a trained net into a folder of models"))


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    description = f"{text[0].upper()}{text[1:]}."
    return actions.add_parser(name, help=text, description=description, allow_abbrev=False)


def _add_names(parser: argparse.ArgumentParser, number: str) -> None:
    text = "of a model" if number == "+" else "of a model (default: all of them)"
    parser.add_argument("names", metavar="NAME", nargs=number, help=text)


def _add_push(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what the model is called")
    parser.add_argument("model", metavar="MODEL", type=Path, help="a run, a snapshot, or a spec")
    parser.add_argument("--weights", metavar="FILE", help="the weights, where MODEL is a spec")
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        type=Path,
        help="the folder of models (default: PROTONET_ZOO, where it names one)",
    )
    parser.add_argument("--licence", metavar="TEXT", default="not stated", help="its terms")
    parser.add_argument("--source", metavar="TEXT", help="who made it, and from what")
    parser.add_argument("--task", metavar="TEXT", help="what it is for")
    parser.add_argument("--force", action="store_true", help="replace a model of that name")


def run(options: argparse.Namespace) -> int:
    """Do what is asked."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "info": _info,
        "pull": _pull,
        "verify": _verify,
        "remove": _remove,
        "push": _push,
    }
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from protonet.zoo.listing import entries, harmless

    found = entries()
    if options.format == "json":
        print(json.dumps([asdict(entry) for entry in found], indent=2, ensure_ascii=False))
        return 0
    rows = [("name", "accuracy", "task", "where", "")]
    rows += [
        (one.name, one.accuracy, one.task, one.where, "pulled" if one.pulled else "")
        for one in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print(harmless("  ".join(cells).rstrip()))
    return 0


def _info(options: argparse.Namespace) -> int:
    from protonet.zoo.info import data_of, info, lines_of
    from protonet.zoo.pull import places_of

    data = data_of(info(options.name))
    if options.format == "json":
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    here = (place.pulled() for place in places_of(data["name"]))
    for line in lines_of(data, next((pulled for pulled in here if pulled), None)):
        print(line)
    return 0


def _pull(options: argparse.Namespace) -> int:
    from protonet.run.pulling import pulling
    from protonet.zoo.address import name_of
    from protonet.zoo.pull import pull

    terminal = Terminal(sys.stdout)
    for name in map(name_of, options.names):
        pulled = pull(name, pulling(terminal))
        terminal.status("")
        size = sum(facts.size for facts in pulled.model.files.values())
        terminal.line(f"{name}: {size / 1e6:,.1f} MB in {pulled.folder}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from protonet.data.cache import cache_folder
    from protonet.errors import DataError
    from protonet.zoo.address import name_of
    from protonet.zoo.cache import places

    wanted = [name_of(name) for name in options.names]
    found = [place for place in places(cache_folder()) if not wanted or place.name in wanted]
    _check_here(wanted, {place.name for place in found})
    is_whole = True
    for place in found:
        try:
            pulled = place.pulled()
            damage = pulled.damage() if pulled else "it has gone"
        except DataError as error:
            damage = str(error)
        is_whole &= not damage
        told = f"DAMAGED: {damage}; get it again: protonet zoo pull {place.name}"
        print(f"{place.name} ({place.source}): {told if damage else 'whole'}")
    return 0 if is_whole else 1


def _remove(options: argparse.Namespace) -> int:
    from protonet.data.cache import cache_folder
    from protonet.zoo.address import name_of
    from protonet.zoo.cache import places

    wanted = [name_of(name) for name in options.names]
    found = [place for place in places(cache_folder()) if place.name in wanted]
    _check_here(wanted, {place.name for place in found})
    for place in found:
        place.remove()
        print(f"removed {place.name} ({place.source})")
    return 0


def _check_here(wanted: list[str], found: set[str]) -> None:
    from protonet.records import suggestion

    for name in wanted:
        if name not in found:
            raise UsageError(f"{name} is not in the cache; {suggestion(name, found)}")


def _push(options: argparse.Namespace) -> int:
    from protonet.run.publishing import Words, publish

    words = Words(options.name, options.task, options.source, options.licence)
    folder, terminal = _folder(options.to), Terminal(sys.stdout)
    target = publish(options.model, options.weights, words, folder, terminal, force=options.force)
    print(f"made {target}; to use it: PROTONET_ZOO={folder.absolute()} and zoo://{options.name}")
    return 0


def _folder(given: Path | None) -> Path:
    """Return the folder to push to."""
    named = os.environ.get("PROTONET_ZOO", "")
    if given is not None:
        return given
    if not named or "://" in named or "," in named:
        raise UsageError("name the folder of models: --to FOLDER")
    return Path(named).expanduser()
