"""Networks and plans written by hand, each valid, and the mistakes that can be planted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from sampan.network import Network, Objective
from sampan.plan import Plan

Row = dict[str, Any]
Frames = Mapping[str, list[Row]]


@dataclass(frozen=True)
class Case:
    """A network, its plan's rows, the plan's values by stage and part; all right.

    `mistakes` are changes of single frames, each with the rule that must be named.
    """

    name: str
    tables: dict[str, list[Row]]
    frames: dict[str, list[Row]]
    values: dict[tuple[str, str], float]
    mistakes: list[tuple[str, dict[str, list[Row]]]] = field(default_factory=list)
    periods: int = 3
    tolerance: float = 0.0

    @property
    def network(self) -> Network:
        """The tables as a network whose stages are those of the values."""
        frames = {name: pl.DataFrame(rows) for name, rows in self.tables.items()}
        stages = tuple(dict.fromkeys(stage for stage, _ in self.values))
        return Network.from_frames(
            frames,
            start=date(2020, 2, 10),
            periods=self.periods,
            objective=Objective(stages, self.tolerance),
        )

    def plan(self, **changed: list[Row]) -> Plan:
        """The plan, with some frames put in place of its own; its bounds are the trivial ones."""
        rows = {**self.frames, **changed}
        frames = {name: pl.DataFrame(some) for name, some in rows.items() if some}
        whole = any("vehicle_kg" in lane for lane in self.tables.get("lanes", []))
        whole |= any("runs_whole" in process for process in self.tables.get("processes", []))
        stages = [
            stage_row(stage, part, value, 1.0 if stage == "fairness" else 0.0, whole=whole)
            for (stage, part), value in self.values.items()
        ]
        return certified(frames, stages)


def gap_of(value: float, bound: float) -> float:
    """The gap as the certificate defines it."""
    return abs(value - bound) / max(abs(value), 1e-9)


def stage_row(stage: str, part: str, value: float, bound: float, *, whole: bool = False) -> Row:
    """A row of `stages` whose gap is right."""
    gap, source = gap_of(value, bound), "solver" if whole else "prices"
    return {"stage": stage, "part": part, "value": value, "bound": bound, "gap": gap,
            "bound_from": source}  # fmt: skip


def certified(frames: Mapping[str, pl.DataFrame], stages: list[Row]) -> Plan:
    """A plan with these stages and the summary that they imply."""
    gap = max(row["gap"] for row in stages)
    summary = {"status": "optimal", "method": "by hand", "gap": gap, "seconds": 0.0}
    return Plan({**frames, "stages": pl.DataFrame(stages)}, summary)


SITES = [{"site": "W", "country": "CN"}, {"site": "H", "country": "VN"}]
MASK = {"resource": "mask", "unit": "piece", "mass_kg": 2.0, "volume_m3": 0.5}
LANE = {"lane": "W-H", "origin": "W", "destination": "H", "lead_time_periods": 1}
STOCK = {"site": "W", "resource": "mask", "quantity": 10.0}
DEMAND = {"demand": "D", "site": "H", "resource": "mask", "period": 1, "quantity": 10.0}
SHIPPED = {"lane": "W-H", "resource": "mask", "depart_period": 0, "arrive_period": 1,
           "quantity": 10.0}  # fmt: skip
DELIVERED = {"demand": "D", "resource": "mask", "period": 1, "quantity": 10.0, "late_periods": 0}
SHORT = ("shortage", "1")


def simple(**more: list[Row]) -> dict[str, list[Row]]:
    """Ten masks in W, ten wanted in H, a lane between them; and other tables."""
    tables = {"sites": SITES, "resources": [MASK], "stocks": [STOCK], "lanes": [LANE],
              "demands": [DEMAND]}  # fmt: skip
    return tables | more


ALL_SHIPPED = {"shipments": [SHIPPED], "deliveries": [DELIVERED]}
HALF = {
    "shipments": [SHIPPED | {"quantity": 5.0}],
    "deliveries": [DELIVERED | {"quantity": 5.0}],
    "shortages": [{"demand": "D", "quantity": 5.0}],
    "stocks": [STOCK | {"period": period, "quantity": 5.0} for period in range(3)],
}


def shipping() -> Case:
    """Ten masks go from W to H in time."""
    late = DELIVERED | {"period": 2, "late_periods": 1}
    waits = [STOCK | {"site": "H", "period": 1}]
    return Case(
        "shipping",
        simple(),
        ALL_SHIPPED,
        {SHORT: 0.0, ("fairness", "1:1"): 1.0, ("lateness", "1"): 0.0},
        [
            ("balance", {"shipments": [SHIPPED | {"quantity": 11.0}]}),
            ("balance", {"shipments": [SHIPPED | {"quantity": 9.0}]}),
            ("balance", {"stocks": [STOCK | {"period": 0, "quantity": 1.0}]}),
            ("lead_time", {"shipments": [SHIPPED | {"arrive_period": 2}]}),
            ("shipments_form", {"shipments": [SHIPPED, SHIPPED]}),
            ("shipments_form", {"shipments": [SHIPPED | {"lane": "X"}]}),
            ("shipments_form", {"shipments": [SHIPPED | {"quantity": -10.0}]}),
            ("shipments_form", {"shipments": [SHIPPED | {"quantity": float("nan")}]}),
            ("shipments_form", {"shipments": [SHIPPED | {"quantity": float("inf")}]}),
            ("shipments_form", {"shipments": [SHIPPED | {"resource": None}]}),
            ("shipments_form", {"shipments": [SHIPPED | {"depart_period": 2, "arrive_period": 3}]}),
            ("balance", {"shipments": [SHIPPED | {"expires_period": 2}]}),
            ("expiry", {"shipments": [SHIPPED | {"expires_period": 0}]}),
            ("demand", {"shortages": [{"demand": "D", "quantity": 1.0}]}),
            ("demand", {"deliveries": []}),
            ("late_periods", {"deliveries": [DELIVERED | {"late_periods": 1}]}),
            ("window", {"deliveries": [DELIVERED | {"period": 0, "late_periods": 0}]}),
            ("value", {"deliveries": [late], "stocks": waits}),
            ("vehicles", {"vehicles": [{"lane": "W-H", "period": 0, "count": 1}]}),
            ("breaches", {"breaches": [breach("storage", "H", 1, 1.0)]}),
            ("breaches_form", {"breaches": [breach("reserve", "R", 1, 1.0)]}),
        ],
    )


def breach(policy: str, key: str, period: int, quantity: float) -> Row:
    """A row of `breaches`."""
    return {"policy": policy, "key": key, "period": period, "quantity": quantity}


def lanes() -> list[Case]:
    """Each limit of a lane alone lets five of ten masks through."""
    listed = {"lane": "W-H", "resource": "mask"}
    load = {"capacity": "dock", "activity": "W-H", "amount_per_unit": 3.0, "per": "unit"}
    dock = [{"capacity": "dock", "amount_max": 15.0}]
    limit = {"table": "lanes", "key": "W-H", "attribute": "mass_kg_max", "period": 0}
    ten = {"shipments": [SHIPPED], "deliveries": [DELIVERED], "shortages": [], "stocks": []}
    tables = {
        "mass_kg_max": simple(lanes=[LANE | {"mass_kg_max": 10.0}]),
        "volume_m3_max": simple(lanes=[LANE | {"volume_m3_max": 2.5}]),
        "quantity_max": simple(lane_resources=[listed | {"quantity_max": 5.0}]),
        "amount_max": simple(capacities=dock, capacity_loads=[load]),
    }
    cases = [Case(rule, given, HALF, {SHORT: 0.5}, [(rule, ten)]) for rule, given in tables.items()]
    profiled = simple(profiles=[limit | {"value": 10.0}])
    return [*cases, Case("profile", profiled, HALF, {SHORT: 0.5}, [("mass_kg_max", ten)])]


def stopped() -> list[Case]:
    """Nothing may be shipped at all: not carried, or the lane is closed."""
    listed = {"lane": "W-H", "resource": "mask", "allowed": False}
    closed = {"table": "lanes", "key": "W-H", "attribute": "open", "period": 0, "value": 0.0}
    nothing = {
        "shortages": [{"demand": "D", "quantity": 10.0}],
        "stocks": [STOCK | {"period": period} for period in range(3)],
    }
    ten = {"shipments": [SHIPPED], "deliveries": [DELIVERED], "shortages": [], "stocks": []}
    on_time = [DEMAND | {"lateness_max": 0}]
    tables = {
        "allowed": simple(lane_resources=[listed]),
        "open": simple(profiles=[closed], demands=on_time),
    }
    return [Case(rule, given, nothing, {SHORT: 1.0}, [(rule, ten)]) for rule, given in
            tables.items()]  # fmt: skip


def expiring() -> Case:
    """Of ten masks that can last be used in period 1, eight are sent on and two expire."""
    stock, sent = STOCK | {"expires_period": 1}, SHIPPED | {"expires_period": 1, "quantity": 8.0}
    kept = [stock | {"period": 0, "quantity": 2.0}]
    lost = {"site": "W", "resource": "mask", "period": 1, "quantity": 2.0}
    delivered = DELIVERED | {"expires_period": 1, "quantity": 8.0}
    past = [*kept, stock | {"period": 1, "quantity": 2.0}]
    return Case(
        "expiring",
        simple(stocks=[stock], demands=[DEMAND | {"quantity": 8.0}]),
        {"shipments": [sent], "deliveries": [delivered], "stocks": kept, "expiries": [lost]},
        {SHORT: 0.0},
        [
            ("balance", {"expiries": []}),
            ("balance", {"expiries": [lost | {"quantity": 3.0}]}),
            ("expiry", {"stocks": past, "expiries": []}),
            ("balance", {"shipments": [sent | {"expires_period": None}]}),
            ("balance", {"deliveries": [delivered | {"expires_period": 2}]}),
        ],
    )


def making() -> Case:
    """Whole runs in W turn three of cloth into one perishable mask, a period later."""
    process = {"process": "sew", "site": "W", "runs_max": 4.0, "lead_time_periods": 1,
               "runs_whole": True, "cost_per_run": 2.0}  # fmt: skip
    flows = [{"process": "sew", "resource": "mask", "quantity_per_run": 1.0},
             {"process": "sew", "resource": "cloth", "quantity_per_run": -3.0}]  # fmt: skip
    run = {"process": "sew", "period": 0, "quantity": 4.0}
    old, new = {"expires_period": 0}, {"expires_period": 5}
    cloth = {"site": "W", "resource": "cloth"}
    stocks = [cloth | {"quantity": 10.0} | old, cloth | {"quantity": 10.0} | new]
    kept = [cloth | new | {"period": 0, "quantity": 8.0}, cloth | new | {"period": 1,
            "quantity": 8.0}, cloth | new | {"period": 2, "quantity": 8.0}]  # fmt: skip
    delivered = DELIVERED | {"quantity": 4.0, "expires_period": 2}
    wanted = DEMAND | {"site": "W", "quantity": 4.0}
    more = [row | {"quantity": 5.0} for row in kept]
    return Case(
        "making",
        {"sites": SITES, "resources": [MASK | {"shelf_life_periods": 1},
         {"resource": "cloth", "unit": "m"}], "stocks": stocks, "processes": [process],
         "process_flows": flows, "demands": [wanted]},
        {"runs": [run], "deliveries": [delivered], "stocks": kept},
        {SHORT: 0.0, ("cost", "all"): 8.0},
        [
            ("runs_max", {"runs": [run | {"quantity": 5.0}], "stocks": more}),
            ("runs_whole", {"runs": [run | {"quantity": 3.5}]}),
            ("input", {"stocks": [row | {"quantity": 9.0} for row in kept]}),
            ("balance", {"stocks": [row | {"quantity": 7.0} for row in kept]}),
            ("balance", {"deliveries": [delivered | {"expires_period": None}]}),
            ("lead_time", {"runs": [run | {"period": 2}]}),
            ("runs_form", {"runs": [run | {"process": "knit"}]}),
            ("value", {"runs": [run | {"quantity": 3.0}]}),
        ],
    )  # fmt: skip


def lending() -> Case:
    """Two ventilators serve a demand in every period and stay."""
    there = {"site": "H", "resource": "vent", "quantity": 2.0}
    wanted = [
        {"demand": f"D{period}", "site": "H", "resource": "vent", "period": period, "quantity": 2.0}
        for period in range(3)
    ]
    lent = [
        {"demand": f"D{period}", "resource": "vent", "period": period, "quantity": 2.0,
         "late_periods": 0}
        for period in range(3)
    ]  # fmt: skip
    kept = [there | {"period": period} for period in range(3)]
    late = lent[0] | {"period": 1, "late_periods": 1}
    return Case(
        "lending",
        {"sites": SITES, "resources": [{"resource": "vent", "unit": "piece", "kind": "equipment"}],
         "stocks": [there], "demands": wanted},
        {"deliveries": lent, "stocks": kept},
        {SHORT: 0.0},
        [
            ("balance", {"stocks": kept[:2]}),
            ("occupancy", {"stocks": [kept[0], kept[1] | {"quantity": 1.0}, kept[2]]}),
            ("window", {"deliveries": [late, *lent[1:]]}),
            ("expiry", {"expiries": [there | {"period": 1}]}),
        ],
    )  # fmt: skip


def serving() -> Case:
    """Of ten consultations in period 0 seven are used, the others are lost."""
    given = {"site": "H", "resource": "talk", "quantity": 10.0}
    wanted = {"demand": "D", "site": "H", "resource": "talk", "period": 0, "quantity": 7.0}
    had = {"demand": "D", "resource": "talk", "period": 0, "quantity": 7.0, "late_periods": 0}
    return Case(
        "serving",
        {"sites": SITES, "resources": [{"resource": "talk", "unit": "hour", "kind": "service"}],
         "stocks": [given], "demands": [wanted]},
        {"deliveries": [had]},
        {SHORT: 0.0},
        [
            ("service", {"stocks": [given | {"period": 0, "quantity": 3.0}]}),
            ("balance", {"deliveries": [had | {"quantity": 11.0}]}),
        ],
    )  # fmt: skip


def whole_things() -> Case:
    """Ten masks in lots of five, at least six at a time, on vehicles of 15 kg."""
    listed = {"lane": "W-H", "resource": "mask", "lot_size": 5.0, "quantity_min": 6.0}
    lane = LANE | {"vehicle_kg": 15.0, "cost_per_vehicle": 100.0}
    two = {"lane": "W-H", "period": 0, "count": 2}
    return Case(
        "whole things",
        simple(lanes=[lane], lane_resources=[listed]),
        ALL_SHIPPED | {"vehicles": [two]},
        {SHORT: 0.0, ("cost", "all"): 200.0},
        [
            ("vehicles", {"vehicles": [two | {"count": 3}]}),
            ("vehicles", {"vehicles": []}),
            ("lot_size", {"shipments": [SHIPPED | {"quantity": 9.0}]}),
            ("quantity_min", {"shipments": [SHIPPED | {"quantity": 5.0}]}),
        ],
    )


def substituting() -> Case:
    """Two gauze masks stand for one mask, at a penalty, and come one period late."""
    gauze = {"resource": "gauze", "unit": "piece"}
    given = {"site": "H", "resource": "gauze", "quantity": 20.0}
    late = {"demand": "D", "resource": "gauze", "period": 2, "quantity": 20.0, "late_periods": 1}
    kept = [given | {"period": period} for period in (0, 1)]
    stands = {"resource": "mask", "substitute": "gauze", "quantity_per_unit": 2.0,
              "penalty_per_unit": 0.5}  # fmt: skip
    return Case(
        "substituting",
        {"sites": SITES, "resources": [MASK, gauze, gauze | {"resource": "vest"}],
         "stocks": [given], "demands": [DEMAND],
         "substitutes": [stands]},
        {"deliveries": [late], "stocks": kept},
        {SHORT: 0.0, ("fairness", "1:1"): 1.0, ("lateness", "1"): 1.0, ("policy", "all"): 0.0,
         ("cost", "all"): 5.0},
        [
            ("demand", {"deliveries": [late | {"quantity": 18.0}]}),
            ("substitute", {"deliveries": [late | {"demand": "D", "resource": "vest"}]}),
            ("late_periods", {"deliveries": [late | {"late_periods": 0}]}),
        ],
    )  # fmt: skip


def ringing() -> Case:
    """Ten masks are sent on at once from W by way of H to P; nothing goes round there."""
    ways = [("W", "H"), ("H", "P"), ("P", "Q"), ("Q", "P")]
    lanes = [{"lane": f"{a}-{b}", "origin": a, "destination": b} for a, b in ways]
    sent = [
        SHIPPED | {"lane": lane["lane"], "arrive_period": 0, "quantity": 10.0} for lane in lanes
    ]
    gone = [row | {"resource": "gown"} for row in sent[2:]]
    return Case(
        "ringing",
        {
            "sites": [*SITES, {"site": "P"}, {"site": "Q"}],
            "resources": [MASK, MASK | {"resource": "gown"}],
            "stocks": [STOCK],
            "lanes": lanes,
            "demands": [DEMAND | {"site": "P", "period": 0}],
        },
        {"shipments": sent[:2], "deliveries": [DELIVERED | {"period": 0}]},
        {SHORT: 0.0},
        [("balance", {"shipments": [*sent[:2], *gone]})],
    )


CASES = [shipping(), ringing(), *lanes(), *stopped(), expiring(), making(), lending(), serving(),
         whole_things(), substituting()]  # fmt: skip
