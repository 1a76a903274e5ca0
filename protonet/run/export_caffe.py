"""A model as Caffe's files: a prototxt for deployment, a caffemodel, and on request the net and the
solver that train it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from protonet.caffe import import_net
from protonet.caffe.writing.caffemodel import write_caffemodel
from protonet.caffe.writing.net import Written, write_net
from protonet.caffe.writing.solver import write_solver
from protonet.caffe.writing.text import text_of
from protonet.errors import PathError, PathErrors, StorageError, UsageError
from protonet.export.writing import Run
from protonet.net import Net, prove_phases
from protonet.protobuf.frames import blob_parts
from protonet.run.import_files import Target, put, written
from protonet.run.model import Opened
from protonet.run.output import Output
from protonet.schema import check_spec, located
from protonet.snapshot import load_weights
from protonet.spec.data import TRAIN, deciding_set
from protonet.spec.state import Phase

PROTOTXT, CAFFEMODEL = ".prototxt", ".caffemodel"


@dataclass(frozen=True, slots=True)
class CaffeFiles:
    """The files that a model becomes.

    Attributes:
        deploy: prototxt of the net as it is deployed.
        weights: its weights.
        train_val: prototxt of the net as it is trained and tested; None: not asked for.
        solver: prototxt of the solver; None: not asked for.
    """

    deploy: Path
    weights: Path
    train_val: Path | None = None
    solver: Path | None = None

    @classmethod
    def at(cls, out: Path, *, train_val: bool, solver: bool) -> CaffeFiles:
        """Return the files that belong to `OUT`, `OUT.prototxt` or `OUT.caffemodel`."""
        stem = out.stem if out.suffix in (PROTOTXT, CAFFEMODEL) else out.name
        places = [f"{stem}{PROTOTXT}", f"{stem}{CAFFEMODEL}"]
        places += [f"{stem}_{name}{PROTOTXT}" for name in ("train_val", "solver")]
        deploy, weights, both, rule = (out.parent / place for place in places)
        wanted = both if train_val or solver else None
        return cls(deploy, weights, wanted, rule if solver else None)

    def all(self) -> tuple[Path, ...]:
        """Return those that are asked for."""
        files = (self.deploy, self.weights, self.train_val, self.solver)
        return tuple(file for file in files if file is not None)

    def check_free(self, *, force: bool) -> None:
        """Refuse to write over anything, or where there is no folder.

        Raises: UsageError; StorageError.
        """
        for file in self.all():
            if file.is_dir():
                raise UsageError(f"{file}: a folder is in the way; give another name")
            if os.path.lexists(file) and not force:
                raise UsageError(
                    f"{file}: exists already; give another name, or --force to replace it"
                )
        if not self.deploy.parent.is_dir():
            raise StorageError(
                f"{self.deploy}: cannot be written: the folder {self.deploy.parent} does not "
                "exist; make it first"
            )


@contextmanager
def caffe_written(opened: Opened, files: CaffeFiles, output: Output) -> Iterator[Run]:
    """Write a model's files, give what runs them again, and let them appear at the end.

    Args:
        opened: the model.
        files: what is asked for.
        output: shows what Caffe's own lack, and what is called otherwise there.

    Raises: SpecError with everything that Caffe has not; StorageError if the disk refuses.
    """
    stem = files.deploy.stem
    with located(opened.spec):
        made = _written(opened, files)
    deployed = made[files.deploy.name]
    for line in (*_notes(deployed), *_hints(opened, files)):
        output.line(line)
    target = Target(files.deploy.parent, files.deploy.name, f"{stem}_", is_whole=False)
    with written(target) as folder:
        for name, net in made.items():
            put(folder / name, text_of(net.message).encode())
            for matrix, array in net.matrices.items():
                put(folder / matrix, b"".join(blob_parts(array)))
        if files.solver is not None:
            put(folder / files.solver.name, _solver(opened, files).encode())
        layers = deployed.stored(opened.net.named_tensors())
        write_caffemodel(folder / files.weights.name, opened.spec.run_name, layers)
        yield _run(opened, deployed, folder, files)


def _written(opened: Opened, files: CaffeFiles) -> dict[str, Written]:
    """Return the nets by the files that they go into.

    Raises: PathErrors with what any of the files cannot say.
    """
    spec, found, problems = opened.spec, dict[str, Written](), list[PathError]()
    wanted: dict[Path, Mapping[Phase, int]] = {files.deploy: {"deploy": 1}}
    if files.train_val is not None:
        tested = deciding_set(spec.data)
        train = spec.data[TRAIN].batch_size if TRAIN in spec.data else 1
        wanted[files.train_val] = {
            "train": train,
            "test": spec.data[tested].batch_size if tested else train,
        }
    for file, batches in wanted.items():
        proved = {"deploy": opened.net} if "deploy" in batches else prove_phases(spec.net)
        forms = {phase: proved[phase] for phase in batches}
        try:
            found[file.name] = write_net(
                spec.net, forms, batches, stem=files.deploy.stem, name=spec.run_name
            )
        except PathErrors as errors:
            problems += errors.errors
    try:
        _solver(opened, files)
    except PathErrors as errors:
        problems += errors.errors
    if problems:
        raise PathErrors({(one.path, one.why): one for one in problems}.values())
    return found


def _solver(opened: Opened, files: CaffeFiles) -> str:
    """Return the solver's prototxt, empty where none is asked for.

    Raises: UsageError if the spec has no solver; PathErrors with what Caffe's has not.
    """
    if files.solver is None or files.train_val is None:
        return ""
    if opened.spec.solver is None:
        raise UsageError("--solver: the spec has no section solver")
    made = write_solver(opened.spec.solver, files.train_val.name, files.deploy.stem)
    return text_of(made)


def _notes(net: Written) -> Iterator[str]:
    for name, fork in net.forks.items():
        yield f"{name} is no layer of Caffe's own, but of a fork of it: {fork}"
    for name, other in net.names.renamed.items():
        yield f"{name} is the blob {other} there: Caffe cannot compute it in place"


def _hints(opened: Opened, files: CaffeFiles) -> Iterator[str]:
    """Yield what is still to be done before Caffe trains."""
    if files.train_val is not None:
        yield f"{files.train_val}: its Input layers stand for data layers, which read Caffe's sets"
    solver = opened.spec.solver
    if files.solver and solver and solver.test_interval and solver.test_iter is None:
        yield f"{files.solver}: it tests nothing, since Caffe asks for solver.test_iter"


def _run(opened: Opened, net: Written, folder: Path, files: CaffeFiles) -> Run:
    """Return what reads the files again and runs them, with the outputs under protonet's names."""
    shapes = {name: one.model_dump() for name, one in opened.net.input_specs.items()}
    imported = import_net(folder / files.deploy.name, shapes, layers=opened.spec.net.types)
    is_last = opened.net.memory_format == torch.channels_last
    spec = check_spec(imported.origin)
    again = Net(spec.net, "deploy", channels_last=is_last)
    load_weights(again, folder / files.weights.name)
    called = {name: net.names.names[value] for name, value in opened.net.outputs.items()}

    def run(*tensors: Tensor) -> Mapping[str, Tensor]:
        fed = dict(zip(opened.net.input_specs, tensors, strict=True))
        found = again(fed, dict.fromkeys(called.values()))
        return {name: found[other] for name, other in called.items()}

    return run
