"""Caffe's solvers, step by step: `SGDSolver("solver.prototxt").step(1)`.

Source: Caffe, solver.cpp and sgd_solver.cpp.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from protonet.errors import NonFiniteError, UsageError
from protonet.optim import OPTIMIZERS, Optimizer
from protonet.pycaffe import mode, passes, solver_files
from protonet.pycaffe.net import Net
from protonet.pycaffe.solver_opening import OpenedSolver, open_solver
from protonet.pycaffe.telling import LOGGER
from protonet.pycaffe.testing import Tested, means_of, tell_outputs
from protonet.pycaffe.updating import update
from protonet.run.rates import rate_of
from protonet.step.update import Rate

Callback = Callable[[], object]


class Solver:
    """A net and how it is trained, of the type that its prototxt names.

    Args:
        solver_file: the solver's prototxt.

    Attributes:
        net: the net that is trained.
        test_nets: those that it is tested with; their parameters are the same memory.
        iter: updates made.
        param: what stands in the prototxt, Caffe's SolverParameter; a copy.
        optimizer: the update rule at work.

    Raises: UsageError, SpecError, DataError for what cannot be read, is wrong, or does not fit.
    """

    type: ClassVar[str] = ""

    def __init__(self, solver_file: str | Path) -> None:
        opened = open_solver(Path(solver_file), self.type)
        self.param: Any = opened.param
        if self.param.HasField("random_seed") and self.param.random_seed >= 0:
            mode.set_random_seed(self.param.random_seed)
        self.net = Net.made_of(opened.train)
        self.test_nets = [Net.made_of(one) for one in opened.tests]
        for one in self.test_nets:
            one.share_with(self.net)
        for path in opened.spec.weights or ():
            self.net.copy_from(path)
        self.iter, self._opened = 0, opened
        self._base_lr = float(opened.spec.base_lr)
        self._rate = _rate(self._opened, self._base_lr)
        self.optimizer = _optimizer(opened, self.net)
        self._callbacks: list[tuple[Callback, Callback]] = []
        self._losses: deque[float] = deque(maxlen=max(self.param.average_loss, 1))

    @property
    def max_iter(self) -> int:
        """Return the number of updates after which `solve` ends."""
        return int(self.param.max_iter)

    @property
    def lr(self) -> float:
        """Return the rate of the next update."""
        return float(self._rate(self.iter))

    @property
    def base_lr(self) -> float:
        """Return the rate that the policy starts from; it can be set."""
        return self._base_lr

    @base_lr.setter
    def base_lr(self, value: float) -> None:
        self._base_lr = float(value)
        self._rate = _rate(self._opened, self._base_lr)

    @property
    def files_begin(self) -> Path:
        """Return what the names of snapshots begin with: `snapshot_prefix`, or the name of the
        prototxt; in a folder, that name."""
        return _files_begin(self._opened)

    def step(self, iters: int) -> None:
        """Make updates, with tests, lines of the log and snapshots where they are due.

        Raises: NonFiniteError before an update by numbers that are not finite; UsageError if
            `iters` is below 0.
        """
        if iters < 0:
            raise UsageError(f"step({iters}): a number of updates from 0 on")
        for _ in range(iters):
            _iterate(self)

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Train until `max_iter`, with a snapshot and a test at the end.

        Args:
            resume_file: a solver state to go on from.
        """
        if resume_file is not None:
            self.restore(resume_file)
        self.step(max(self.max_iter - self.iter, 0))
        every = self.param.snapshot
        if self.param.snapshot_after_train and not (every and self.iter % every == 0):
            self.snapshot()
        if self.param.display and self.iter % self.param.display == 0:
            passes.run_forward(self.net.built)
            _tell(self, self.net.loss)
        if self.param.test_interval and self.iter % self.param.test_interval == 0:
            self.test_all()

    def apply_update(self) -> None:
        """Change the parameters by the gradients that stand in their diffs, and count it.

        Raises: NonFiniteError if one is not finite; nothing is changed then.
        """
        is_finite = update(self.net, self.optimizer, self.param, self.lr)
        if not is_finite:
            raise NonFiniteError(
                f"iteration {self.iter}: a gradient is infinite or not a number, and the update "
                "was not made; a smaller base_lr may help"
            )
        self.iter += 1

    def test_all(self) -> list[Tested]:
        """Return what each test net gives, the mean over its `test_iter` batches; log it."""
        counts = list(self.param.test_iter)
        return [
            means_of(net, count, place, self.iter)
            for place, (net, count) in enumerate(zip(self.test_nets, counts, strict=True))
        ]

    def snapshot(self) -> None:
        """Write the weights and the solver state, as Caffe names and writes them.

        Raises: StorageError if they cannot be written.
        """
        solver_files.write(self)

    def restore(self, state_file: str | Path) -> None:
        """Go on from a solver state of Caffe's, and the weights that it names.

        Raises: DataError if it is damaged, or of another net or update rule.
        """
        solver_files.read(self, Path(state_file))

    def share_weights(self, net: Net) -> None:
        """Have another net take the parameters of the one that is trained as its own."""
        net.share_with(self.net)

    def add_callback(self, on_start: Callback, on_gradients_ready: Callback) -> None:
        """Have one function called before each iteration, and one before each update."""
        self._callbacks.append((on_start, on_gradients_ready))


def _iterate(solver: Solver) -> None:
    solver.net.clear_param_diffs()
    every = solver.param.test_interval
    if every and solver.iter % every == 0 and (solver.iter or solver.param.test_initialization):
        solver.test_all()
    for on_start, _ in solver._callbacks:
        on_start()
    loss = 0.0
    for _ in range(solver.param.iter_size):
        passes.run_forward(solver.net.built)
        passes.run_backward(solver.net.built)
        loss += solver.net.loss
    solver._losses.append(loss / solver.param.iter_size)
    if solver.param.display and solver.iter % solver.param.display == 0:
        _tell(solver, sum(solver._losses) / len(solver._losses))
    for _, on_gradients_ready in solver._callbacks:
        on_gradients_ready()
    solver.apply_update()
    if solver.param.snapshot and solver.iter % solver.param.snapshot == 0:
        solver.snapshot()


def _tell(solver: Solver, loss: float) -> None:
    net = solver.net
    LOGGER.info("Iteration %d, loss = %g", solver.iter, loss)
    tell_outputs("Train", net, {name: net.blobs[name].data for name in net.outputs})
    LOGGER.info("Iteration %d, lr = %g", solver.iter, solver.lr)


def _rate(opened: OpenedSolver, base_lr: float) -> Rate:
    policy, max_iter = opened.spec.lr_policy, max(opened.param.max_iter, 1)
    return rate_of(policy, base_lr, max_iter, None, ("solver", "lr_policy"))


def _files_begin(opened: OpenedSolver) -> Path:
    stem, written = opened.path.with_suffix(""), str(opened.param.snapshot_prefix)
    prefix = Path(written) if written else stem
    return prefix / stem.name if prefix.is_dir() else prefix


def _optimizer(opened: OpenedSolver, net: Net) -> Optimizer:
    rule = opened.spec.optimizer
    return OPTIMIZERS[rule.type].build(rule.params, net.core.learnable)
