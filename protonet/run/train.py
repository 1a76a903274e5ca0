"""`train`: from a spec to a trained net in its run directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from protonet.caffe.solver_state import read_solver_state
from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.data.memory import as_dataset
from protonet.debug.printed import printed
from protonet.errors import StorageError
from protonet.run.board.hooks import conclude, introduce
from protonet.run.caffe_state import caffes_snapshot, weights_beside
from protonet.run.chosen import Chosen, chosen, set_aside
from protonet.run.crew import Crew, gathered_crew
from protonet.run.facts import facts_text, resolved, spec_text, weights_of
from protonet.run.folder import RunFolder, new_run
from protonet.run.job import Job, prepare
from protonet.run.loading import load
from protonet.run.machine import memory_errors
from protonet.run.output import Log, Output, Silent
from protonet.run.records import Records
from protonet.run.remembered import restore
from protonet.run.resume import check_continues
from protonet.run.session import Session
from protonet.run.table import net_table
from protonet.run.together import begin_alike
from protonet.run.weights import Told, own_weights, start_from
from protonet.schema import Spec, respecified
from protonet.snapshot import Snapshot, Snapshots, State, read_snapshot, write_snapshot
from protonet.spec.solver import TimedSolver

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
        resume: go on with the newest run of that name, if there is one; or with the run, or the
            snapshot of one, that lies here.
        weights: files to start from, relative to the current folder, after those of the spec.
        snapshot: a solver state of Caffe's to go on from.
        output: what shows the run to a person.
        again: the command that goes on after an interruption.
    """

    run: Path | None = None
    resume: bool | Path = False
    weights: tuple[str, ...] = ()
    output: Output = field(default_factory=Silent)
    again: str = "train(…, resume=True)"
    snapshot: Path | None = None


def train(
    spec: Spec | str | Path,
    *,
    run: str | Path | None = None,
    resume: bool | str | Path = False,
    data: Mapping[str, Mapping[str, Array] | ChunkedDataset] = MappingProxyType({}),
    **overrides: object,
) -> Result:
    """Train a net as a spec says.

    Args:
        spec: a spec, or the path of one.
        run: the run directory; left out: the next number under `runs/<name>/`.
        resume: go on with the newest run of that name, or the one in `run`; starts one where there
            is none. Or the folder of a run, or of one of its snapshots, to go on from there: what
            the run made later is kept aside.
        data: for each set whose source is `memory`, its arrays by field, (N, *shape) each, or what
            `protonet.data.memory.memory_dataset` made of them.
        overrides: keys of the spec to change, `**{"solver.max_iter": 100}`.

    Raises: ProtonetError, of the kind that says what was wrong.
    """
    texts = [f"{path}={json.dumps(value)}" for path, value in overrides.items()]
    if not isinstance(spec, Spec):
        spec = load(spec, texts)
    elif texts:
        spec = respecified(spec, texts)
    if data:
        spec = spec.with_data({name: as_dataset(given) for name, given in data.items()})
    resumed = resume if isinstance(resume, bool) else Path(resume)
    return run_training(spec, TrainOptions(run=Path(run) if run else None, resume=resumed))


def run_training(spec: Spec, options: TrainOptions) -> Result:
    """Train, or go on training.

    Raises: ProtonetError; Interrupted after a signal, with a snapshot written.
    """
    with memory_errors(), gathered_crew() as crew:
        group = crew.group
        own = options if group.is_first else replace(options, output=Silent())
        found = group.from_first(lambda: chosen(spec.run_name, own.run, own.resume))
        if found is None:
            return _start(spec, own, crew)
        with found.folder.held() if group.is_first else nullcontext():
            return _go_on(spec, own, found, crew)


def _start(spec: Spec, options: TrainOptions, crew: Crew) -> Result:
    """Start a run; its folder is made when nothing of the spec, data or weights is wrong."""
    if options.resume:
        options.output.line(f"there is no run of {spec.run_name} to resume; starting one")
    notes: list[str] = []
    say = _both(options.output.line, notes)
    job = prepare(spec, None, say, options.output.status, crew.group)
    state = read_solver_state(options.snapshot) if options.snapshot else None
    weights = (*own_weights(spec, job), *options.weights)
    if state is not None and not options.weights:
        weights = (str(weights_beside(state)),)
    told = start_from(job, weights, options.output)
    snapshot = caffes_snapshot(job, state, resolved(spec)) if state else None
    begin_alike(job)
    if crew.scratch:
        return _train(job, crew.scratch, options, snapshot, notes, told)
    folder = new_run(spec.run_name, options.run)
    with folder.held():
        try:
            folder.write(folder.facts, facts_text(job, weights))  # first: by them it is known
            _write_spec(job, folder)
            if snapshot is not None:
                kept = Snapshots(folder.snapshots).at(snapshot.state.iteration)
                write_snapshot(kept, snapshot.state, snapshot.weights, snapshot.optimizer)
        except StorageError:
            folder.give_up()
            raise
        return _train(job, folder, options, snapshot, notes, told)


def _go_on(spec: Spec, options: TrainOptions, found: Chosen, crew: Crew) -> Result:
    """Go on from the newest whole snapshot, or the one that was chosen; from the start where there
    is none yet."""
    notes: list[str] = []
    say = _both(options.output.line, notes)
    folder, group = found.folder, crew.group
    snapshot = group.from_first(lambda: _snapshot(found, say))
    before = snapshot.state.machine if snapshot else None
    job = prepare(spec, before, say, options.output.status, group)
    if snapshot is not None:
        for difference in group.from_first(partial(check_continues, job, resolved(spec), snapshot)):
            say(f"note: {difference}")
        if options.weights:
            say("note: --weights is left alone: the run goes on with its own")
        if group.is_first:  # a run that was killed while it did so may never write another
            kept = job.solver.snapshot_keep
            Snapshots(folder.snapshots, kept).prune(snapshot.state.iteration)
        if _is_complete(snapshot.state, job.solver):
            return _complete(folder, snapshot, options.output)
        restore(job, snapshot)
        aside = found.iteration if group.is_first else None
        if aside is not None and (moved := set_aside(folder, aside)):
            say(f"note: {moved}")
    started = group.from_first(lambda: weights_of(folder.recorded_facts()))
    told = Told() if snapshot else start_from(job, started, options.output)
    begin_alike(job)
    if crew.scratch:
        return _train(job, crew.scratch, options, snapshot, notes, told)
    _write_spec(job, folder)
    return _train(job, folder, options, snapshot, notes, told)


def _snapshot(found: Chosen, say: Callable[[str], None]) -> Snapshot | None:
    snapshots = Snapshots(found.folder.snapshots)
    if found.iteration is None:
        return snapshots.newest(say)
    return read_snapshot(snapshots.at(found.iteration))


def _is_complete(state: State, solver: TimedSolver) -> bool:
    longest, stop = solver.max_seconds, solver.early_stop
    return not state.owes_test and (
        state.iteration >= solver.max_iter
        or (longest is not None and state.seconds >= longest)
        or (stop is not None and state.waited >= stop.patience)
    )


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
    weights: Told,
) -> Result:
    """Train in a folder; `notes` were shown before there was a log, `weights` are not shown yet."""
    plain = resolved(job.spec)
    state = snapshot.state if snapshot else None
    lengths = state.lengths if state and job.group.is_first else {}
    # of weights that are shared out, what is shown is gathered by all; only the first keeps it
    board = job.solver.tensorboard is not None and (job.group.is_first or job.sharding is not None)
    with (
        closing(Log(folder.log, options.output)) as log,
        closing(Records(folder, lengths, board=board)) as records,
        printed(log.say),
    ):
        for note in notes:
            log.note(note)
        _introduce(job, folder, log, state.iteration if state else None)
        if state is None and records.events is not None:
            introduce(records.events, job, plain, str(folder.path))
        for line in weights.shown:
            options.output.line(line)
        for line in weights.whole:
            log.note(line)
        session = Session(job, folder, plain, log, records)
        iteration = session.train(options.output, options.again, state)
        if records.events is not None:
            conclude(records.events, job, iteration)
        _remind(job, log)
        lines = tuple(session.evaluator.lines())
        for line in lines:
            log.note(line)
    path = job.group.from_first(lambda: folder.path)
    return Result(path, iteration, session.evaluator.values(), lines)


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
    if machine.processes > 1:
        threads += f" in each of {machine.processes} processes"
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


def _both(show: Callable[[str], None], notes: list[str]) -> Callable[[str], None]:
    """Return what shows a note at once and keeps it for the log, which is opened later."""

    def say(text: str) -> None:
        show(text)
        notes.append(text)

    return say
