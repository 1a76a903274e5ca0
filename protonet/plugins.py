"""Layer types of a user's own: `plugins: [my_layers.py]`.

A plugin is a Python file; every `LayerType` record at its top level joins the catalogue. It runs
code, so `protonet.language.reuse` keeps only those of the file that was asked for. docs/plugins.md
tells how one is written.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import traceback
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from protonet.errors import SpecError, UsageError
from protonet.language import Find, with_bases
from protonet.language.block import INSTANCE_KEYS
from protonet.language.reuse import shown
from protonet.layers.record import LayerType
from protonet.layers.torch_nn import Types as WithTorch
from protonet.problems import Problem
from protonet.records import Record, fields_of
from protonet.source import Marks, Origin, read_source
from protonet.spec.layer import COMMON

Types = Mapping[str, LayerType]

_MODULE = "protonet_plugin_"
"""What the name of a plugin's module begins with."""
_RESERVED = COMMON | {*INSTANCE_KEYS}
"""Keys that every layer has, so that none of them reaches a type's own model."""


def read_with_plugins(
    path: Path, layers: Types, *, allow_plugins: bool, find: Find | None = None
) -> tuple[Origin, Types]:
    """Return a spec as it was written, and the layer types with those of its plugins.

    Args:
        path: the spec.
        layers: the table that the plugins' types join.
        allow_plugins: load the plugins that its bases name, too.
        find: finds the bases that are named by addresses.

    Raises: UsageError if there is no such file; SpecError if it, what it builds on, or a plugin
        cannot be read.
    """
    origin = with_bases(read_source(path), allow_plugins=allow_plugins, find=find)
    types, refused = with_plugins(origin, layers)
    if problems := [*origin.problems, *refused]:
        raise SpecError(problems, origin.name)
    return origin, types


def with_plugins(origin: Origin, layers: Types) -> tuple[Types, list[Problem]]:
    """Return the layer types with those of the spec's plugins, and what is wrong with these."""
    written = origin.data.get("plugins")
    if written is None:
        return layers, []
    marks = origin.marks.children["plugins"]
    if not isinstance(written, list):
        hint = "plugins: [my_layers.py]"
        return layers, [
            Problem("PN010", marks.value, "plugins", "a list of files is needed", "", hint)
        ]
    known, problems = dict(layers), []
    seen: set[str] = set()  # a spec and its base may both name one file
    for place, name in enumerate(written):
        try:
            path = _path(name, marks.children[place])
            if os.path.realpath(path) not in seen:
                seen.add(os.path.realpath(path))
                known |= _loaded(path, known)
        except UsageError as error:
            mark = marks.children[place].value
            problems.append(Problem("PN035", mark, f"plugins.{place}", str(error)))
    return WithTorch(known), problems


def line_in_plugin(error: BaseException) -> str:
    """Return the line of a plugin that an error came through, as `my_layers.py:31`, the innermost;
    nothing if it came through none."""
    lines = [
        f"{shown(Path(frame.f_code.co_filename))}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).startswith(_MODULE)
    ]
    return lines[-1] if lines else ""


def _path(name: object, marks: Marks) -> Path:
    """Return where a plugin lies, relative to the file that names it.

    Raises: UsageError if that is no path.
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise UsageError("the path of a Python file is needed")
    return marks.value.source.folder / name


def _loaded(path: Path, known: Types) -> dict[str, LayerType]:
    """Return the layer types of one file.

    Raises: UsageError if it cannot be run, has none, or has one that cannot join those known.
    """
    if not os.path.isfile(path):
        raise UsageError(f"there is no file {shown(path)}")
    records = [kind for kind in _run(path).values() if isinstance(kind, LayerType)]
    if not records:
        raise UsageError(f"{shown(path)} has no LayerType at its top level")
    types: dict[str, LayerType] = {}
    for kind in records:
        if {**known, **types}.get(kind.name, kind) is not kind:
            why = f"{shown(path)} defines {kind.name}, and there is a layer type of this name"
            raise UsageError(why)
        if fault := next(_faults(kind), ""):
            raise UsageError(f"{shown(path)}: {fault}")
        types[kind.name] = kind
    return types


def _faults(kind: LayerType) -> Iterator[str]:
    """Yield what keeps a record from being a layer type: Python checks no annotation."""
    if not isinstance(kind.params, type) or not issubclass(kind.params, Record):
        yield f"the params of {kind.name} are no class that derives from protonet.records.Record"
        return
    for key in sorted(_RESERVED & fields_of(kind.params).keys()):
        yield f"{kind.name} has a key {key} of its own, and every layer has one of this name"
    try:
        inspect.signature(kind.build).bind(None, (), None)
    except TypeError:
        yield f"the build of {kind.name} is no function of (params, bottoms, setting)"


def _run(path: Path) -> dict[str, Any]:
    # one name however the file is reached: pydantic finds the texts of keys through it
    name = f"{_MODULE}{path.stem}_{zlib.crc32(os.path.realpath(path).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{shown(path)} is no Python file: its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pydantic looks for the names in a model's annotations
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's file does is the user's to read
        del sys.modules[name]
        where = line_in_plugin(error) or _line_of_syntax(error, path)
        raise UsageError(f"{where}: {type(error).__name__}: {error}") from error
    return vars(module)


def _line_of_syntax(error: BaseException, path: Path) -> str:
    """Return the place of an error that came up before anything of the plugin ran."""
    line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
    return f"{shown(path)}{line}"
