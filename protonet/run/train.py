"""`train`: from a spec to a trained net in its run directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protonet.errors import StorageError
from protonet.run.facts import facts_text, resolved, spec_text, weights_of
from protonet.run.folder import RunFolder, new_run, newest_run
from protonet.run.job import Job, prepare
from protonet.run.loading import load
from protonet.run.machine import memory_errors
from protonet.run.output import Log, Output, Silent
from protonet.run.paths import home, near
from protonet.run.records import Records
from protonet.run.resume import check_continues, restore
from protonet.run.session import Session
from protonet.run.table import net_table
from protonet.schema import Spec, respecified
from protonet.snapshot import Snapshot, Snapshots, load_weights

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """A finished training.

    Attributes:
        folder: its run directory.
        iteration: updates made.
        metrics: the last test, by set and blob.
        lines: the same as a person reads it, a line per set.
    """

    folder: Path
    iteration: int
    metrics: Metrics
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How a training is started, beside its spec.

    Attributes:
        run: the run directory; None makes the next number under `runs/<name>/`.
        resume: go on with the newest run of that name, if there is one.
        weights: files to start from, relative to the current folder, after those of the spec.
        output: what shows the run to a person.
        again: the command that goes on after an interruption.
    """

    run: Path | None = None
    resume: bool = False
    weights: tuple[str, ...] = ()
    output: Output = field(default_factory=Silent)
    again: str = "train(…, resume=True)"


def train(
    spec: Spec | str | Path,
    *,
    run: str | Path | None = None,
    resume: bool = False,
    **overrides: object,
) -> Result:
    """Train a net as a spec says.

    Args:
        spec: a spec, or the path of one.
        run: the run directory; left out: the next number under `runs/<name>/`.
        resume: go on with the newest run of that name, or the one in `run`; starts one where there
            is none.
        overrides: keys of the spec to change, `**{"solver.max_iter": 100}`.

    Raises: ProtonetError, of the kind that says what was wrong.
    """
    texts = [f"{path}={json.dumps(value)}" for path, value in overrides.items()]
    if not isinstance(spec, Spec):
        spec = load(spec, texts)
    elif texts:
        spec = respecified(spec, texts)
    return run_training(spec, TrainOptions(run=Path(run) if run else None, resume=resume))


def run_training(spec: Spec, options: TrainOptions) -> Result:
    """Train, or go on training.

    Raises: ProtonetError; Interrupted after a signal, with a snapshot written.
    """
    with memory_errors():
        folder = newest_run(spec.run_name, options.run) if options.resume else None
        if folder is None:
            return _start(spec, options)
        with folder.held():
            return _go_on(spec, options, folder)


def _start(spec: Spec, options: TrainOptions) -> Result:
    """Start a run; its folder is made when nothing of the spec, data or weights is wrong."""
    if options.resume:
        options.output.line(f"there is no run of {spec.run_name} to resume; starting one")
    notes: list[str] = []
    job = prepare(spec, None, _both(options.output.line, notes), options.output.status)
    weights = (*_own_weights(spec, job), *options.weights)
    told = _load_weights(job, weights)
    folder = new_run(spec.run_name, options.run)
    with folder.held():
        try:
            folder.write(folder.facts, facts_text(job, weights))  # first: by them it is known
            _write_spec(job, folder)
        except StorageError:
            folder.give_up()
            raise
        return _train(job, folder, options, None, notes, told)


def _go_on(spec: Spec, options: TrainOptions, folder: RunFolder) -> Result:
    """Go on from the newest whole snapshot; from the start where there is none yet."""
    notes: list[str] = []
    say = _both(options.output.line, notes)
    snapshot = Snapshots(folder.snapshots).newest(say)
    before = snapshot.state.machine if snapshot else None
    job = prepare(spec, before, say, options.output.status)
    if snapshot is not None:
        for difference in check_continues(job, resolved(spec), snapshot):
            say(f"note: {difference}")
        if options.weights:
            say("note: --weights is left alone: the run goes on with its own")
        if snapshot.state.iteration >= job.solver.max_iter:
            return _complete(folder, snapshot, options.output)
        restore(job, snapshot)
    told = [] if snapshot else _load_weights(job, weights_of(folder.recorded_facts()))
    _write_spec(job, folder)
    return _train(job, folder, options, snapshot, notes, told)


def _complete(folder: RunFolder, snapshot: Snapshot, output: Output) -> Result:
    """Return what a run that is already at its end came to."""
    state = snapshot.state
    lines = tuple(state.result.splitlines())
    output.line(f"{folder.path}: complete, {state.iteration} iterations; nothing is left to do")
    return Result(folder.path, state.iteration, state.metrics, lines)


def _train(
    job: Job,
    folder: RunFolder,
    options: TrainOptions,
    snapshot: Snapshot | None,
    notes: list[str],
    weights: list[str],
) -> Result:
    """Train in a folder; `notes` were shown before there was a log, `weights` are not shown yet."""
    plain = resolved(job.spec)
    state = snapshot.state if snapshot else None
    lengths = state.lengths if state else {}
    with (
        closing(Log(folder.log, options.output)) as log,
        closing(Records(folder, lengths)) as records,
    ):
        for note in notes:
            log.note(note)
        _introduce(job, folder, log, state.iteration if state else None)
        if state is None:
            records.text("spec", spec_text(plain))
        for line in weights:
            log.say(line)
        session = Session(job, folder, plain, log, records)
        session.train(options.output, options.again, state)
        _remind(job, log)
        lines = tuple(session.evaluator.lines())
        for line in lines:
            log.note(line)
    return Result(folder.path, job.solver.max_iter, session.evaluator.values(), lines)


def _write_spec(job: Job, folder: RunFolder) -> None:
    folder.write(folder.spec, spec_text(resolved(job.spec)))
    Snapshots(folder.snapshots).make()


def _introduce(job: Job, folder: RunFolder, log: Log, iteration: int | None) -> None:
    """Say what is trained, on what, with what, and where it is kept."""
    for line in net_table(job.net):
        log.say(line)
    for name, opened in job.sets.items():
        paths = " and ".join(source.dataset.path for source in opened.sources)
        log.say(f"{name}: {len(opened):,} records of {paths}")
    for line in job.durations:
        log.say(line)
    machine = job.machine
    plural = "s" * (machine.threads != 1)
    threads = f", {machine.threads} thread{plural}" if machine.device == "cpu" else ""
    log.say(f"run: {folder.path}  device: {machine.device}{threads}")
    if iteration is not None:
        log.say(f"resumed from the snapshot after {iteration} iterations")


def _remind(job: Job, log: Log) -> None:
    """Say once more, beside the result, which sets were not those that the spec names."""
    sources = (entry for opened in job.sets.values() for entry in opened.by_name().items())
    for name, source in sources:
        if source.found.is_stand_in:
            asked = source.found.spec.source
            log.say(f"REMEMBER: {name} was NOT {asked} BUT {source.dataset.path}")


def _own_weights(spec: Spec, job: Job) -> list[str]:
    """Return the files that the spec names to start from."""
    return [near(home(spec, "solver", "weights"), path) for path in job.solver.weights]


def _load_weights(job: Job, paths: Sequence[str]) -> list[str]:
    """Load the weights to start from, later ones over earlier; return what became of them."""
    return [line for path in paths for line in load_weights(job.net, path).lines()]


def _both(show: Callable[[str], None], notes: list[str]) -> Callable[[str], None]:
    """Return what shows a note at once and keeps it for the log, which is opened later."""

    def say(text: str) -> None:
        show(text)
        notes.append(text)

    return say
