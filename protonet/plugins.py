"""Layer types of a user's own: `plugins: [my_layers.py]`.

A plugin is a Python file; every `LayerType` record at its top level joins the catalogue. It runs
code, so `protonet.language.reuse` keeps only those of the file that was asked for.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protonet.errors import UsageError
from protonet.layers.record import LayerType
from protonet.layers.torch_nn import Types as WithTorch
from protonet.problems import Problem
from protonet.source import Origin

Types = Mapping[str, LayerType]


def with_plugins(origin: Origin, layers: Types) -> tuple[Types, list[Problem]]:
    """Return the layer types with those of the spec's plugins, and what is wrong with these."""
    written = origin.data.get("plugins")
    if written is None:
        return layers, []
    marks = origin.marks.children["plugins"]
    if not isinstance(written, list) or not all(isinstance(item, str) for item in written):
        hint = "plugins: [my_layers.py]"
        return layers, [
            Problem("PN010", marks.value, "plugins", "a list of files is needed", "", hint)
        ]
    known, problems = dict(layers), []
    seen: set[str] = set()  # a spec and its base may both name one file
    for place, name in enumerate(written):
        mark = marks.children[place].value
        path = mark.source.folder / name
        if os.path.abspath(path) in seen:
            continue
        seen.add(os.path.abspath(path))
        try:
            known |= _loaded(path, known)
        except UsageError as error:
            problems.append(Problem("PN035", mark, f"plugins.{place}", str(error)))
    return WithTorch(known), problems


def _loaded(path: Path, known: Types) -> dict[str, LayerType]:
    """Return the layer types of one file.

    Raises: UsageError if it cannot be run, has none, or has one that is known already.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    types = {kind.name: kind for kind in _run(path).values() if isinstance(kind, LayerType)}
    if not types:
        raise UsageError(f"{path} has no LayerType at its top level")
    for name, kind in types.items():
        if name in known and known[name] is not kind:
            raise UsageError(f"{path} defines {name}, and there is a layer type of this name")
    return types


def _run(path: Path) -> dict[str, Any]:
    name = f"protonet_plugin_{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file: its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pydantic looks for the names in a model's annotations
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's file does is the user's to read
        del sys.modules[name]
        where = _where(error, path)
        raise UsageError(f"{where}: {type(error).__name__}: {error}") from error
    return vars(module)


def _where(error: BaseException, path: Path) -> str:
    """Return the line of the plugin in which an error came up."""
    if isinstance(error, SyntaxError):
        return f"{path}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{path}:{own[-1]}" if own else str(path)
