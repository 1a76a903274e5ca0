"""Caffe's files → a spec, its weights, and what belongs to them, in files of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np

from protonet.caffe.holes import PLUGIN, Holes
from protonet.caffe.imported import Imported
from protonet.caffe.opening import holes_of, import_prototxt, is_of_inputs, is_prototxt
from protonet.caffe.said import files_of, said_of
from protonet.caffe.synset import read_classes
from protonet.caffe.tidy import Tidy, tidied
from protonet.errors import DataError, UsageError
from protonet.layers import LAYERS
from protonet.net import prove_phases, shape_errors
from protonet.net.form import Form
from protonet.run.import_compare import verify
from protonet.run.import_data import Means, check_mean, settle_data
from protonet.run.import_files import Target, put, written
from protonet.run.import_model import Size, check_classes, evaluation_of, model_of
from protonet.run.import_report import Told
from protonet.run.import_weights import Fitted, Needs, fitted
from protonet.run.opencv import opencv_version
from protonet.schema import CATALOGUE, Spec, check_spec, located
from protonet.snapshot.tensor_file import write_tensors
from protonet.snapshot.weight_files import read_weights
from protonet.zoo.model import MODEL, WEIGHTS, model_bytes

_SHOWN = 5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported, and where to.

    Attributes:
        net: prototxt of a net, or of a solver that names one.
        out: a folder to make, or a `.yaml` file.
        weights: of the net.
        solver: prototxt of a solver that trains the net.
        mean: mean image, in place of those that the prototxt names.
        classes: file of class names.
        overrides: `path=value` texts that change the spec.
        force: write over what is there.
        allow_missing: take weights that do not hold every parameter.
        holes: import layers of unknown types as holes, for a plugin to fill.
        verify: pictures on which every layer is compared with OpenCV's reading of the files.
    """

    net: Path
    out: Path
    weights: Path | None = None
    solver: Path | None = None
    mean: Path | None = None
    classes: Path | None = None
    overrides: tuple[str, ...] = ()
    force: bool = False
    allow_missing: bool = False
    holes: bool = False
    verify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """What an import has come to before anything is written."""

    imported: Imported
    spec: Spec
    forms: Mapping[str, Form]
    tidy: Tidy
    means: Means
    needs: Needs
    fitted: Fitted | None
    classes: tuple[str, ...] | None
    holes: Holes | None = None


def import_caffe(request: Request, say: Say) -> Path:
    """Import a net with what belongs to it; return the spec that was written.

    Args:
        request: what, and where to.
        say: takes the report, a line at a time.

    Raises: UsageError, SpecError and DataError for what cannot be imported, after the report where
        it is the weights; VerifyError if another program computes something else; StorageError if
        the disk refuses. Nothing is written then.
    """
    for path in (request.net, request.solver):
        if path is not None and not is_prototxt(path):
            raise UsageError(f"{path}: a net or a solver of Caffe's is a .prototxt file")
    target = Target.at(request.out)
    if request.classes is not None and (request.weights is None or not target.is_whole):
        raise UsageError(
            f"{request.classes}: class names are kept in {MODEL}, beside weights in a folder: "
            "give WEIGHTS, and a folder as --out"
        )
    _check_verifiable(request)
    target.check_free(force=request.force)
    draft = _drafted(request, target)
    told = Told(
        draft.imported.layers,
        draft.needs,
        draft.fitted,
        draft.imported.notes,
        [*draft.means.missing, *_unfilled(draft)],
        draft.holes.types if draft.holes else (),
    )
    for line in told.lines():
        say(line)
    _check_weights(draft.fitted, draft.needs, request)
    with written(target) as folder:
        _write(draft, request, target, folder)
        if request.verify:
            _verify(draft, request, folder, say)
    return target.path


def _check_verifiable(request: Request) -> None:
    """Refuse to compare what cannot be run.

    Raises: UsageError.
    """
    if request.verify and request.weights is None:
        raise UsageError("--verify compares what a net computes, and needs its WEIGHTS")
    if request.verify and request.holes:
        raise UsageError("--verify: a net with holes computes nothing yet; leave --holes out")
    if request.verify:
        opencv_version()


def _verify(draft: _Draft, request: Request, folder: Path, say: Say) -> None:
    """Compare the net with OpenCV's; its mean images lie in the folder."""
    if draft.fitted is None or request.weights is None:
        return
    known = evaluation_of(draft.spec, draft.tidy.data, None, folder)
    pictures = (request.verify, known)
    verify(draft.spec, draft.imported.layers, draft.fitted.tensors, request.weights, pictures, say)


def _drafted(request: Request, target: Target) -> _Draft:
    holes = holes_of() if request.holes else None
    imported = import_prototxt(request.net, request.overrides, solver=request.solver, holes=holes)
    rest = [text for text in request.overrides if not is_of_inputs(text)]
    types = holes.layer_types() if holes is not None else {}
    tables = replace(CATALOGUE, layers={**LAYERS, **types})
    spec = check_spec(imported.origin.overridden(rest), tables, None if types else shape_errors)
    forms: Mapping[str, Form] = {}
    if not types:
        with located(spec):
            forms = prove_phases(spec.net)
    tidy = tidied(spec)
    tidy.said, tidy.head = said_of(spec), tuple(_head(request, target, spec))
    means = settle_data(spec, tidy.data, target, request.mean)
    check_mean(means, {name: one.axes() for name, one in spec.net.inputs.items()})
    classes = read_classes(request.classes) if request.classes is not None else None
    if classes is not None and forms:
        check_classes(classes, forms["deploy"], str(request.classes))
    needs, found = Needs.of(spec.net, forms.values()), None
    if request.weights is not None:
        found = fitted(needs, read_weights(request.weights), keep=_kept(spec) if types else ())
        if spec.solver is not None:
            tidy.data["solver"]["weights"] = target.named(WEIGHTS)
    if types:
        tidy.data["plugins"] = [target.named(PLUGIN)]
    kept = holes if types else None
    return _Draft(imported, spec, forms, tidy, means, needs, found, classes, kept)


def _kept(spec: Spec) -> list[str]:
    """Return the layers whose parameters nobody knows before the holes are filled: all of them,
    since no shape below a hole is known."""
    return [layer.name for layer in spec.net.layers]


def _head(request: Request, target: Target, spec: Spec) -> Iterator[str]:
    """Yield the first lines of the spec: what to do with it, and where it is from."""
    weights = f" --weights {target.named(WEIGHTS)}" if request.weights else ""
    if spec.solver is not None:
        yield f"protonet train {target.spec}"
    if weights and len(spec.data):
        yield f"protonet test {target.spec}{weights}"
    if spec.solver is None:
        yield f"protonet summary {target.spec}"
    yield ""
    yield f"Imported from {', '.join(path.name for path in _sources(request, spec))}."


def _sources(request: Request, spec: Spec) -> list[Path]:
    """Return the files that a spec and what belongs to it are made of."""
    others = (request.weights, request.mean, request.classes)
    return [*files_of(spec), *(path for path in others if path is not None)]


def _unfilled(draft: _Draft) -> list[str]:
    if draft.holes is None:
        return []
    return ["the shapes are not proved, and weights not matched, before its holes are filled"]


def _check_weights(found: Fitted | None, needs: Needs, request: Request) -> None:
    """Refuse weights that are of another net.

    Raises: DataError.
    """
    if found is None or (found.fits and found.tensors):
        return
    wrong: list[str] = [] if found.tensors else ["none of its arrays fits"]
    if found.misfit:
        wrong.append(f"of another shape: {_some(tuple(found.misfit))}")
    if found.missing and not (request.allow_missing and found.tensors):
        wrong.append(f"not in the file: {_some(found.missing)}")
    if wrong:
        may = "; --allow-missing leaves what is missing to its filler" if found.tensors else ""
        raise DataError(
            f"{request.weights} does not fit {request.net}: {len(found.tensors)} of "
            f"{len(needs.shapes)} parameters match, {'; '.join(wrong)}"
            + (may if found.missing and not found.misfit else "")
        )


def _write(draft: _Draft, request: Request, target: Target, folder: Path) -> None:
    for name, mean in draft.means.arrays.items():
        content = BytesIO()
        np.save(content, mean)
        put(folder / name, content.getvalue())
    if draft.fitted is not None:
        write_tensors(folder / target.named(WEIGHTS), draft.fitted.tensors)
    if draft.holes is not None:
        put(folder / target.named(PLUGIN), draft.holes.plugin().encode())
    put(folder / target.spec, draft.tidy.text().encode())
    if target.is_whole and draft.fitted is not None and draft.forms:
        evaluation = evaluation_of(draft.spec, draft.tidy.data, draft.classes, folder)
        size = Size.of(draft.spec, draft.forms["test"], draft.tidy.data)
        sources = _sources(request, draft.spec)
        model = model_of(draft.spec, size, evaluation, sources, folder)
        put(folder / MODEL, model_bytes(model))


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
