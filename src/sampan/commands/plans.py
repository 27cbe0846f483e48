"""`sampan verify`, `explain` and `show`: the commands about a plan."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sampan.check import raise_on_errors
from sampan.commands.loading import check_belongs, load_network, load_plan
from sampan.commands.output import FINDING, FINE, counted, print_json, problem_rows

if TYPE_CHECKING:
    from sampan.verify import Verification

SHOWN_VIOLATIONS = 50


def run_verify(arguments: argparse.Namespace) -> int:
    """Recompute a plan from the tables alone."""
    from sampan.verify import verify

    network = load_network(arguments)
    raise_on_errors(network)
    plan = load_plan(arguments)
    found = verify(network, plan)
    if arguments.json:
        print_json(_verification(found))
    else:
        _print_verification(found)
    return FINE if found.valid else FINDING


def _verification(found: Verification) -> dict[str, Any]:
    names = ("rule", "where", "period", "amount", "relative", "message")
    return {
        "valid": found.valid,
        "violations": [{name: getattr(item, name) for name in names} for item in found],
        "largest_violation": found.largest_violation,
        "stages": found.stages.to_dicts(),
    }


def _print_verification(found: Verification) -> None:
    for violation in found[:SHOWN_VIOLATIONS]:
        print(violation)
    if len(found) > SHOWN_VIOLATIONS:
        print(f"… and {len(found) - SHOWN_VIOLATIONS:,} more; --json lists them all.")
    if not found.valid:
        print(f"\nInvalid: {counted(len(found), 'violation')}.")
        return
    stages = found.stages
    recomputed = int(stages["recomputed"].sum())
    print("Valid: every rule and every objective was recomputed from the tables, and holds.")
    text = f"Bounds: {recomputed:,} of {counted(len(stages), 'part')} recomputed from the prices"
    left = len(stages) - recomputed
    print(text + (f"; {left:,} are the solver's own word (whole numbers)." if left else "."))
    print(f"Largest violation, relative: {found.largest_violation:.1e}.")


def run_explain(arguments: argparse.Namespace) -> int:
    """Why this shortage or shipment, and what relieving limits is worth."""
    from sampan.explain import explain

    network = load_network(arguments)
    raise_on_errors(network)
    plan = load_plan(arguments)
    check_belongs(network, plan, arguments.plan)
    one = arguments.demand is not None or arguments.shipment is not None
    answer = explain(
        network,
        plan,
        demand=arguments.demand,
        shipment=arguments.shipment,
        bottlenecks=arguments.bottlenecks or not one,
        language=arguments.language,
    )
    if arguments.json:
        print_json(answer.to_dict())
    else:
        print(answer)
    return FINE


def run_show(arguments: argparse.Namespace) -> int:
    """A summary for people, of a network or of a plan."""
    from sampan.show import network_facts, plan_facts, print_network, print_plan

    network = load_network(arguments)
    warnings = raise_on_errors(network)
    if arguments.plan is None:
        if arguments.json:
            print_json(network_facts(network) | {"warnings": problem_rows(warnings)})
        else:
            print_network(network, warnings, arguments.rows)
        return FINE
    plan = load_plan(arguments)
    check_belongs(network, plan, arguments.plan)
    if arguments.json:
        print_json(plan_facts(network, plan) | {"warnings": problem_rows(warnings)})
    else:
        print_plan(network, plan, warnings, arguments.rows)
    return FINE
