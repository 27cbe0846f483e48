"""How soon each method comes how near to the best, on a network at hand.

Each method runs in a process of its own, one after another, so that none sees what another has
left in memory. Reading the network and compiling kernels are not timed; they are compiled in yet
another process, so that the compiler's memory is not counted either.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sampan.check import raise_on_errors
from sampan.errors import SampanError
from sampan.network import Network
from sampan.override import apply_overrides
from sampan.read import read_network
from sampan.solve import Progress, solve

COMPILED = ("fast",)
"""Methods whose kernels are compiled at first use."""
WARM_UP_REPORTS = 5
"""After so many reports of progress a method has bounded, iterated and repaired once."""
GRACE = 3.0
GRACE_SECONDS = 60.0
"""A method that has not stopped after so many times its limit, and so long, is ended."""


@dataclass(frozen=True)
class Moment:
    """What a method knew at some time."""

    seconds: float
    gap: float


@dataclass(frozen=True)
class Run:
    """One method on one network."""

    method: str
    outcome: str
    """A plan's status; or why there is no plan."""
    course: tuple[Moment, ...] = ()
    """When which gap was first proven; always less."""
    seconds: float | None = None
    """From the call to the plan with its certificate in memory."""
    warm_up_seconds: float = 0.0
    """Spent before on compiling kernels and trying them; not part of any other time."""
    columns: int | None = None
    memory_before_mb: float | None = None
    """Of the process once the network was read."""
    memory_peak_mb: float | None = None

    @property
    def solved(self) -> bool:
        """Whether there is a plan."""
        return self.seconds is not None

    def seconds_to(self, gap: float) -> float | None:
        """When a gap no larger was first proven; None if never."""
        return next((moment.seconds for moment in self.course if moment.gap <= gap), None)


@dataclass
class _Watch:
    """Keeps when each gap was first reached."""

    tell: Callable[[Moment], None]
    began: float = field(default_factory=time.perf_counter)
    gap: float = inf

    def on_progress(self, progress: Progress) -> None:
        """Of methods that prove a bound on the way and have but one part."""
        if progress.gap is not None and progress.steps == 1:
            self.reached(progress.gap, time.perf_counter() - self.began)

    def reached(self, gap: float, seconds: float) -> None:
        """Tell of the gap, if it is smaller than all before."""
        if gap < self.gap:
            self.gap = gap
            self.tell(Moment(seconds, gap))


def measure(
    network: str | Path,
    method: str,
    *,
    gap: float,
    time_limit: float,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    on_moment: Callable[[Moment], None] | None = None,
) -> Run:
    """One method on the network in a folder or workbook, in a process of its own.

    Parameters
    ----------
    gap
        Where the method may stop.
    time_limit
        Seconds for the solve.
    overrides
        Changes of single cells, as `--set` takes them.
    on_moment
        Called with each better gap while it runs.

    Returns
    -------
    Run
        Also of a method that cannot solve this network, or was ended: its outcome says so.
    """
    given = (str(network), method, gap, time_limit, tuple(overrides), threads)
    compiled = 0.0
    if method in COMPILED:
        first = _in_process(_compiled, given, on_moment)
        if first.seconds is None:
            return first
        compiled = first.seconds
    return replace(_in_process(_measured, given, on_moment), warm_up_seconds=compiled)


def _in_process(
    work: Callable[..., Run], given: tuple[Any, ...], on_moment: Callable[[Moment], None] | None
) -> Run:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, work, given), daemon=True)
    process.start()
    there.close()
    try:
        return _listen(here, given[1], given[3], on_moment)
    finally:
        process.terminate()
        process.join()
        here.close()


def _listen(
    pipe: Connection, method: str, time_limit: float, on_moment: Callable[[Moment], None] | None
) -> Run:
    """Moments as they come, up to the run that ends them."""
    course: list[Moment] = []
    allowed = GRACE * time_limit + GRACE_SECONDS
    deadline: float | None = None  # from when the solve starts: big networks take long to read
    while True:
        wait = None if deadline is None else max(deadline - time.perf_counter(), 0.0)
        if not pipe.poll(wait):
            outcome = f"ended: it had not stopped {allowed:,.0f} s after its start"
            return Run(method, outcome, tuple(course))
        try:
            told = pipe.recv()
        except EOFError:
            outcome = "the process ended without a word: it may have run out of memory"
            return Run(method, outcome, tuple(course))
        if isinstance(told, Run):
            return replace(told, course=tuple(course))
        if told is None:
            deadline = time.perf_counter() + allowed
            continue
        course.append(told)
        if on_moment is not None:
            on_moment(told)


def _child(pipe: Connection, work: Callable[..., Run], given: tuple[Any, ...]) -> None:
    """What the process of one method does."""
    with suppress(KeyboardInterrupt, BrokenPipeError):  # the caller deals with these
        try:
            run = work(pipe, *given)
        except SampanError as error:
            run = Run(given[1], str(error))
        except MemoryError:
            run = Run(given[1], "there is not enough memory for this")
        pipe.send(run)


def _measured(
    pipe: Connection,
    place: str,
    method: str,
    gap: float,
    time_limit: float,
    overrides: tuple[str, ...],
    threads: int | None,
) -> Run:
    network = apply_overrides(read_network(place), overrides)
    raise_on_errors(network)
    before = _memory_mb("VmRSS")
    with suppress(OSError):  # forget the peak so far, where the system allows it
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if method in COMPILED:
        _warm_up(network, method)
    pipe.send(None)
    watch = _Watch(pipe.send)
    plan = solve(
        network,
        method=method,
        gap=gap,
        time_limit=time_limit,
        threads=threads,
        on_progress=watch.on_progress,
    )
    seconds = time.perf_counter() - watch.began
    watch.reached(float(plan.summary["gap"]), seconds)
    return Run(
        method, str(plan.status), (), seconds, 0.0, int(plan.summary["columns"]), before,
        _memory_mb("VmHWM"),
    )  # fmt: skip


def _compiled(
    pipe: Connection, place: str, method: str, gap: float, time_limit: float,
    overrides: tuple[str, ...], threads: int | None,
) -> Run:  # fmt: skip
    """Kernels compiled and kept for the process that measures; its seconds are the compiler's."""
    network = apply_overrides(read_network(place), overrides)
    raise_on_errors(network)
    began = time.perf_counter()
    _warm_up(network, method)
    return Run(method, "compiled", seconds=time.perf_counter() - began)


def _warm_up(network: Network, method: str) -> None:
    """Have each kernel compiled, or loaded, on the network itself."""
    reports = 0

    def enough(progress: Progress) -> bool:
        nonlocal reports
        reports += 1
        return reports < WARM_UP_REPORTS

    solve(network, method=method, on_progress=enough)


def _memory_mb(what: str) -> float | None:
    """Resident memory of this process, now (`VmRSS`) or at most (`VmHWM`), where Linux tells."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    line = next((line for line in lines if line.startswith(f"{what}:")), None)
    return None if line is None else int(line.split()[1]) / 1024
