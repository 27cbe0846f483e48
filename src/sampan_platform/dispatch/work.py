"""Solving one plan: build → change → check → solve → verify → keep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars.selectors as cs
from django.db import transaction

import sampan
from sampan.check.chinese import error_in_chinese, in_chinese
from sampan_platform.common import clock
from sampan_platform.common.errors import PlatformError
from sampan_platform.dispatch import selectors
from sampan_platform.dispatch.changes import apply_changes
from sampan_platform.dispatch.compare import stage_values, total_shortage
from sampan_platform.dispatch.lines import make_lines
from sampan_platform.dispatch.models import Goals, PlanLine, PlanRun, State
from sampan_platform.dispatch.network import build
from sampan_platform.dispatch.snapshots import keep_network, keep_plan, network_of, plan_of
from sampan_platform.dispatch.watching import solve_watched

LARGE = 1e300
"""Solvers write infinity as a number of this size."""
FINDINGS_MAX = 500
"""Findings kept with a plan; `summary` says how many there were."""


def work(number: int) -> State:
    """Solve a plan that is queued; one that is not is left alone.

    Whatever goes wrong ends in the plan's state and error, in words. An error that nobody
    foresaw is raised too, so that the worker's log has it.
    """
    now = clock.now()
    waiting = PlanRun.objects.filter(pk=number, state=State.QUEUED)
    if waiting.update(state=State.RUNNING, started_at=now, beat_at=now, stage="network") != 1:
        return State(PlanRun.objects.values_list("state", flat=True).get(pk=number))
    run = PlanRun.objects.select_related("organisation", "base", "network", "begun_from__plan").get(
        pk=number
    )
    try:
        network = _prepare(run)
        plan = solve_watched(
            network,
            _beat(run.pk),
            time_limit=run.time_limit_seconds,
            method=run.method,
            start=_start(run),
        )
        PlanRun.objects.filter(pk=run.pk).update(stage="verify", beat_at=clock.now())
        proof = sampan.verify(network, plan)
        return finish(run, network, plan, proof)
    except sampan.SampanError as error:
        return _fail(run.pk, str(error), error_in_chinese(error))
    except PlatformError as error:
        return _fail(run.pk, str(error))
    except Exception as error:
        _fail(run.pk, f"Something unforeseen went wrong ({type(error).__name__}).")
        raise


def _prepare(run: PlanRun) -> sampan.Network:
    """The network, kept with what was found in it before anything is solved."""
    if run.network is not None:
        network = network_of(run.network)
    else:
        built = build(run.organisation, run.as_of, run.days)
        network = apply_changes(built.network, run.changes)
        if run.goals == Goals.TOTAL:
            network = network.replace(objective=replace(network.objective, stages=("total",)))
        run.notes, run.network = built.notes, keep_network(network)
    PlanRun.objects.filter(pk=run.pk).update(stage="check", beat_at=clock.now())
    found = sampan.check(network)
    run.findings = [
        {
            "severity": one.severity,
            "code": one.code,
            "table": one.table,
            "row": one.row,
            "column": one.column,
            "message": str(one),
            "chinese": in_chinese(one),
        }
        for one in found[:FINDINGS_MAX]
    ]
    run.save(update_fields=["notes", "network", "findings"])
    return network


def _start(run: PlanRun) -> sampan.Plan | None:
    """The plan to begin from: an earlier one, or the one that a person overrides."""
    earlier = run.begun_from or run.base
    if earlier is None or earlier.plan is None:
        return None
    return later(plan_of(earlier.plan), (run.start - earlier.start).days)


def later(plan: sampan.Plan, days: int) -> sampan.Plan:
    """The plan with its periods counted from so many days later."""
    if days == 0:
        return plan
    moved = {
        name: frame.with_columns(cs.ends_with("period") - days)
        for name, frame in plan.frames.items()
    }
    return plan.replace(**moved)


def _beat(number: int) -> Callable[[sampan.Progress | None], bool]:
    """Writes how far the solve is and says whether to go on."""

    def beat(progress: sampan.Progress | None) -> bool:
        changes: dict[str, Any] = {"beat_at": clock.now()}
        if progress is not None:
            changes |= {
                "stage": progress.stage,
                "part": progress.part,
                "step": progress.step,
                "steps": progress.steps,
                "iterations": progress.iterations,
                "value": finite(progress.value),
                "bound": finite(progress.bound),
            }
        rows = PlanRun.objects.filter(pk=number)
        rows.update(**changes)
        state = rows.values_list("cancel_asked", "state").get()
        return state == (False, State.RUNNING)

    return beat


@transaction.atomic
def finish(
    run: PlanRun, network: sampan.Network, plan: sampan.Plan, proof: sampan.Verification
) -> State:
    """Keep the plan with its certificate, its proof and its lines."""
    stopped = plan.status is sampan.Status.INTERRUPTED
    lines = make_lines(run, network, plan)
    PlanLine.objects.bulk_create(lines, batch_size=1000)
    run.state = State.STOPPED if stopped else State.DONE
    run.plan = keep_plan(plan)
    run.summary = finite(dict(plan.summary) | {"shortage": total_shortage(network, plan)})
    run.verification = finite(
        {
            "valid": proof.valid,
            "largest_violation": proof.largest_violation,
            "violations": [str(one) for one in proof[:FINDINGS_MAX]],
            "stages": proof.stages.to_dicts(),
        }
    )
    run.loss = finite(_loss(run, plan))
    run.ended_at = clock.now()
    run.ordered_value = _value(run)
    run.stage = ""
    still = PlanRun.objects.filter(pk=run.pk, state=State.RUNNING)
    kept = (
        "state",
        "plan",
        "summary",
        "verification",
        "loss",
        "ended_at",
        "ordered_value",
        "stage",
    )
    if still.update(**{name: getattr(run, name) for name in kept}) != 1:
        transaction.set_rollback(True)
        return State(PlanRun.objects.values_list("state", flat=True).get(pk=run.pk))
    return State(run.state)


def _loss(run: PlanRun, plan: sampan.Plan) -> list[dict[str, Any]] | None:
    """Of an override: by stage, how much it falls behind the best plan."""
    if run.base is None:
        return None
    _, best = selectors.opened(selectors.root(run))
    return stage_values(best, plan).to_dicts()


def _value(run: PlanRun) -> Decimal:
    """Money: what approval would order."""
    total = sum(
        (
            Decimal(line.quantity) * Decimal(str(line.resource.value))
            for line in selectors.lines_to_order(run)
        ),
        Decimal(0),
    )
    return total.quantize(Decimal("0.01"))


def finite(value: Any) -> Any:
    """The value as JSON can hold it: a bound that is infinite, since a stage was not reached, is
    none.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) < LARGE else None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    return [finite(one) for one in value] if isinstance(value, list) else value


def _fail(number: int, message: str, chinese: str = "") -> State:
    """Stopped, if it was told to stop before it had any plan; else failed, with the reason."""
    rows = PlanRun.objects.filter(pk=number, state=State.RUNNING)
    asked = rows.values_list("cancel_asked", flat=True).first()
    state = State.STOPPED if asked else State.FAILED
    rows.update(state=state, ended_at=clock.now(), error=message, error_chinese=chinese)
    return state
