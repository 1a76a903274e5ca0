"""The weights that a run starts from: which files, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protonet.run.job import Job
from protonet.run.output import Output, Silent
from protonet.run.paths import home, near
from protonet.run.pulling import pulling
from protonet.schema import Spec
from protonet.snapshot import check_missing
from protonet.zoo.address import is_address
from protonet.zoo.find import load_weights


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the weights.

    Attributes:
        shown: lines for a person, with a few names of each kind.
        whole: lines for the log, with every name.
    """

    shown: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


def own_weights(spec: Spec, job: Job) -> list[str]:
    """Return the files and models of the zoo that the spec names to start from."""
    folder = home(spec, "solver", "weights")
    return [path if is_address(path) else near(folder, path) for path in job.solver.weights]


def start_from(job: Job, paths: Sequence[str], output: Output | None = None) -> Told:
    """Load the weights to start from, later ones over earlier; return what became of them.

    Args:
        job: the training, before its first step.
        paths: of the files; `zoo://NAME` is a model of the zoo.
        output: shows how far a download is.

    Raises: DataError if one cannot be read, nothing of it fits, or more parameters would stay as
        they are than `solver.allow_missing` permits; SnapshotError if a snapshot is damaged.
    """
    if not paths:
        return Told()
    how = pulling(output or Silent())
    with job.assembled(changes=True):
        reports = [load_weights(job.net, path, how) for path in paths]
    check_missing(job.net, reports, job.solver.allow_missing)
    if job.average:
        job.average.restart()
    shown = [line for report in reports for line in report.lines()]
    whole = [line for report in reports for line in report.whole()]
    if len(reports) > 1:
        taken = {name for report in reports for name in report.taken}
        left = [name for name in job.net.named_tensors() if name not in taken]
        total = f"weights of all {len(reports)}: {len(taken)} of {len(taken) + len(left)} loaded"
        shown.append(total)
        whole += [total, *([f"  left as they were: {', '.join(left)}"] if left else [])]
    return Told(tuple(shown), tuple(whole))
