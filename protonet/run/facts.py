"""What is written down about a run at its start: the resolved spec, the command, versions."""

from __future__ import annotations

import json
import platform
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch

from protonet import __version__
from protonet.errors import Path as SpecPath
from protonet.look.expanded import escaped, expanded_data
from protonet.run.job import Job
from protonet.run.paths import home
from protonet.schema import Spec
from protonet.source.written import written
from protonet.spec.addresses import readdressed
from protonet.spec.data import is_path, placed
from protonet.zoo.address import is_address


def resolved(spec: Spec, *, expanded: bool = False) -> dict[str, Any]:
    """Return a spec as plain data: overrides applied, its paths absolute, so that it means the same
    wherever it lies. What uses blocks, variables or expressions is written out.

    Args:
        spec: the spec.
        expanded: write it out in any case, every bottom named.
    """
    data = deepcopy(expanded_data(spec) if expanded else _written(spec))
    data["name"] = spec.run_name
    for name, one in (data.get("data") or {}).items():
        for below, entry in placed(one):
            _make_absolute(entry, spec, ("data", name, *below))
    for layer in data["net"]["layers"]:
        layer.update(_files(spec, layer))
    if spec.solver and spec.solver.weights:
        folder = home(spec, "solver", "weights")
        data["solver"]["weights"] = [_weights(folder, path) for path in spec.solver.weights]
    plain: dict[str, Any] = escaped(data)
    if "plugins" in spec.origin.data:  # whose names have no variables, and so no escapes
        names = enumerate(spec.origin.data["plugins"])
        plain["plugins"] = [_absolute(home(spec, "plugins", at), name) for at, name in names]
    return plain


def _written(spec: Spec) -> dict[str, Any]:
    """Return a spec as it was written, if it says by itself what it means."""
    origin: Mapping[str, Any] = spec.origin.data
    own = {key: value for key, value in origin.items() if key != "plugins"}
    return own if own == spec.expanded.data else expanded_data(spec)


def spec_text(plain: Mapping[str, Any]) -> str:
    """Return a resolved spec as YAML."""
    return written(plain)


def facts_text(job: Job, weights: Sequence[str]) -> str:
    """Return what a run was started with, as JSON.

    Args:
        job: the training.
        weights: files, and models of the zoo, that it starts from.
    """
    facts = {
        "command": shlex.join(sys.argv),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "versions": {
            "protonet": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "host": platform.node(),
        "system": platform.platform(),
        "machine": job.machine.model_dump(),
        "weights": [_weights(Path(), path) for path in weights],
        "data": {
            name: {"path": source.dataset.path, "content_hash": source.header.content_hash}
            for opened in job.sets.values()
            for name, source in opened.by_name().items()
        },
    }
    return json.dumps(facts, indent=1) + "\n"


def weights_of(text: str) -> tuple[str, ...]:
    """Return the files that a run was started from, by what `facts_text` wrote; none if that is
    damaged."""
    try:
        return tuple(json.loads(text)["weights"])
    except (ValueError, KeyError, TypeError):
        return ()


def _make_absolute(entry: dict[str, Any], spec: Spec, place: SpecPath) -> None:
    """Make the paths of a source of data absolute."""
    folder = home(spec, *place, "source")
    entry["source"] = readdressed(
        entry["source"], lambda one: _absolute(folder, one) if is_path(one) else one
    )
    if "root_folder" in entry:
        entry["root_folder"] = _absolute(home(spec, *place, "root_folder"), entry["root_folder"])
    folder = home(spec, *place, "transform", "mean_file")
    for step in _steps(entry.get("transform")):
        for key in ("mean_file", "file"):
            if key in step:
                step[key] = _absolute(folder, step[key])


def _files(spec: Spec, layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a layer that are paths, as the spec was checked with: absolute."""
    paths = spec.net.types[layer["type"]].paths
    if not paths:
        return {}
    params = next(one.params for one in spec.net.layers if one.name == layer["name"])
    return {key: getattr(params, key) for key in paths if key in layer}


def _steps(transform: Any) -> list[dict[str, Any]]:
    steps = transform if isinstance(transform, list) else [transform]
    return [step for step in steps if isinstance(step, dict)]


def _weights(folder: Path, path: str) -> str:
    return path if is_address(path) else _absolute(folder, path)


def _absolute(folder: Path, path: str) -> str:
    return str((folder / path).absolute())
