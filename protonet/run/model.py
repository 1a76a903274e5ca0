"""A trained net as people name it: a run, a snapshot, a model of the zoo, or a spec and weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protonet.errors import UsageError
from protonet.net import Net
from protonet.run.by_hand import ByHand, by_hand
from protonet.run.evaluation import evaluation_of, evaluation_with
from protonet.run.folder import known_run
from protonet.run.heap import keep_freed_memory
from protonet.run.machine import choose_device, choose_layout, set_threads
from protonet.run.named import Named, load_named
from protonet.run.output import Output
from protonet.run.pulling import pulling
from protonet.run.sets import open_sets
from protonet.run.whole import check_whole
from protonet.schema import Spec, located, respecified
from protonet.snapshot import Evaluation
from protonet.spec.data import TRAIN, deciding_set
from protonet.spec.solver import SolverSpec
from protonet.zoo.address import is_address
from protonet.zoo.find import load_weights

_WEIGHTS = (".safetensors", ".npz", ".caffemodel")
_BATCH_OF_IMAGES = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """How a model is opened.

    Attributes:
        weights: a file, snapshot, run or model of the zoo to take them from; None: the model's own.
        device: to compute on; None: as the spec says.
        allow_plugins: load the plugins that another file names, too.
        by_hand: how samples are prepared, where nothing else says it.
    """

    weights: str | None = None
    device: str | None = None
    allow_plugins: bool = False
    by_hand: ByHand = ByHand()


@dataclass(frozen=True, slots=True)
class Model:
    """A trained net.

    Attributes:
        name: as it was named.
        spec: of the net.
        net: in phase deploy, its weights loaded.
        evaluation: how samples are prepared, and what classes are called.
    """

    name: str
    spec: Spec
    net: Net
    evaluation: Evaluation

    @property
    def seed(self) -> int:
        """Of what a transform chooses by chance."""
        return self.spec.solver.random_seed if self.spec.solver else 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A trained net, and where its weights are.

    Attributes:
        spec: of the net.
        net: in phase deploy, its weights loaded.
        weights: what they were loaded from.
        own: the model, where it has weights of its own; else None.
    """

    spec: Spec
    net: Net
    weights: str
    own: str | None


def open_net(name: str, asked: Asked, output: Output) -> Opened:
    """Open a trained net, whatever it takes.

    Args:
        name: a run's folder, a snapshot's or a model's, a model of the zoo, or a spec (the weights
            then are those that are asked for, or the newest run's of its name).
        asked: how.
        output: shows where the weights came from.

    Raises: UsageError if there is no such model; SpecError if the net is wrong; DataError if
        weights do not fit; DeviceError if the device is not there.
    """
    named = _named(name, asked)
    spec, own = _any_batch(named.spec), named.weights
    weights = asked.weights or own or str(known_run(spec.run_name).path)
    net = _deployed(spec, asked.device)
    report = load_weights(net, weights, pulling(output))
    check_whole(net, report)
    output.line(report.lines()[0])
    return Opened(spec, net, weights, own)


def open_model(name: str, asked: Asked, output: Output) -> Model:
    """Open a trained net that takes pictures, or what else its transforms are for.

    Args:
        name, asked, output: see `open_net`.

    Raises: as `open_net`; SpecError if the data are wrong that say how samples are prepared;
        UsageError if nothing says it.
    """
    opened = open_net(name, asked, output)
    evaluation = evaluation_for(opened, asked, output)
    check_fed(name, opened.net, evaluation)
    return Model(name, opened.spec, opened.net, evaluation)


def check_fed(name: str, net: Net, evaluation: Evaluation) -> None:
    """Refuse a net that takes something else than the samples that are known.

    Raises: UsageError.
    """
    if net.inputs != (evaluation.input,):
        raise UsageError(
            f"{name}: the net takes {' and '.join(net.inputs)}, and what is known of preparing "
            f"samples is for {evaluation.input}"
        )


def evaluation_for(opened: Opened, asked: Asked, output: Output) -> Evaluation:
    """Return how samples are prepared: as is stored with the weights, else as the spec says, else
    as is asked.

    Raises: SpecError if the data are wrong that say it; UsageError if what is asked is known, or
        cannot be.
    """
    kept = evaluation_with(opened.weights) or (opened.own and evaluation_with(opened.own))
    if kept:
        _check_needed(opened.weights, asked)
        return kept
    return _by_spec(opened.spec, opened.net, asked, output)


def _named(name: str, asked: Asked) -> Named:
    """Return the spec of a model, and its own weights."""
    path = Path(name)
    if not is_address(name) and not path.is_dir():
        if not path.exists():
            raise UsageError(
                f"{name}: there is no such run, snapshot, model or spec; a model of the zoo is "
                "named zoo://NAME"
            )
        if path.suffix in _WEIGHTS:
            raise UsageError(
                f"{name}: these are weights alone; name the net, too: SPEC.yaml --weights {name}"
            )
    return load_named(name, allow_plugins=asked.allow_plugins)


def _deployed(spec: Spec, device: str | None) -> Net:
    """Return the net without losses and labels, on its device."""
    solver = spec.solver or SolverSpec(base_lr=1, max_iter=1)
    solver = solver.model_copy(update={"device": device}) if device else solver
    with located(spec):
        set_threads(solver)
        keep_freed_memory()
        layout = choose_layout(solver)
        return Net(spec.net, "deploy", device=choose_device(solver), channels_last=layout)


def _any_batch(spec: Spec) -> Spec:
    """Return a spec whose inputs have the batch axis N where they had a batch of one size, as
    Caffe's deploy.prototxt have."""
    overrides = [
        f"net.inputs.{blob}={{shape: {list(one.shape[1:])}, dtype: {one.dtype}"
        f"{f', channels: {one.channels}' if one.channels else ''}}}"
        for blob, one in spec.net.inputs.items()
        if not one.batch
        and len(one.shape) == _BATCH_OF_IMAGES
        and isinstance(one.shape[0], int)
        and "." not in blob  # which an override would take for two keys
    ]
    return respecified(spec, overrides) if overrides else spec


def _by_spec(spec: Spec, net: Net, asked: Asked, output: Output) -> Evaluation:
    """Return how the spec prepares samples, where the weights do not say it."""
    name = deciding_set(spec.data) or (TRAIN if TRAIN in spec.data else None)
    if name is None:
        return by_hand(spec, net, asked.by_hand, output)
    _check_needed(f"{spec.origin.name}, data.{name},", asked)
    with located(spec):
        form = net.in_phase("test")
        return evaluation_of(open_sets(spec, {name: form}, output.line, output.status)[name])


def _check_needed(what: str, asked: Asked) -> None:
    """Refuse to be told what is known."""
    if asked.by_hand != ByHand():
        option = "--transform" if asked.by_hand.transform else "--channels"
        raise UsageError(f"{what} says how samples are prepared; leave {option} out")
