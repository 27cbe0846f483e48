"""The hand-written cases of storage, reserves, exports, pledges and orders; see `planted`."""

from __future__ import annotations

from tests.engine.planted import (
    ALL_SHIPPED,
    DELIVERED,
    HALF,
    MASK,
    SHIPPED,
    SHORT,
    SITES,
    STOCK,
    Case,
    breach,
    simple,
)


def storing() -> Case:
    """Two cubic metres of room, five of masks: what was there is excused, and shipped less."""
    sites = [SITES[0] | {"storage_m3_max": 2.0}, SITES[1]]
    broken = [breach("storage", "W", period, 3.0) for period in range(3)]
    made = {"process": "buy", "site": "W"}
    flow = {"process": "buy", "resource": "mask", "quantity_per_run": 1.0}
    kept = [STOCK | {"period": period} for period in range(3)]
    full = [row | {"quantity": 11.0} for row in kept]
    return Case(
        "storing",
        {"sites": sites, "resources": [MASK], "stocks": [STOCK], "processes": [made],
         "process_flows": [flow]},
        {"stocks": kept, "breaches": broken},
        {("policy", "all"): 4.5},
        [
            ("breaches", {"breaches": []}),
            ("breaches", {"breaches": [*broken[:2], breach("storage", "W", 2, 4.0)]}),
            ("storage_m3_max", {"stocks": full, "runs": [flow | {"period": 0, "quantity": 1.0}],
                                "breaches": [row | {"quantity": 3.5} for row in broken]}),
        ],
    )  # fmt: skip


def reserving() -> Case:
    """Twelve are to stay in the country, ten are there; a hard reserve of four is kept."""
    soft = {"reserve": "soft", "country": "CN", "site": None, "quantity_min": 12.0,
            "from_period": 1, "hard": False}  # fmt: skip
    hard = {"reserve": "hard", "country": None, "site": "W", "quantity_min": 4.0,
            "from_period": 0, "hard": True}  # fmt: skip
    kept = [STOCK | {"period": period} for period in range(3)]
    broken = [breach("reserve", "soft", period, 2.0) for period in (1, 2)]
    sent = {"shipments": [SHIPPED | {"quantity": 7.0}], "deliveries": [DELIVERED | {"quantity":
            7.0}], "stocks": [row | {"quantity": 3.0} for row in kept]}  # fmt: skip
    return Case(
        "reserving",
        simple(reserves=[row | {"resource": "mask"} for row in (soft, hard)]),
        {"stocks": kept, "breaches": broken, "shortages": [{"demand": "D", "quantity": 10.0}]},
        {("policy", "all"): 1 / 3},
        [
            ("breaches", {"breaches": broken[:1]}),
            ("breaches", {"breaches": [*broken, breach("reserve", "soft", 0, 2.0)]}),
            ("breaches", {"breaches": [broken[0], broken[1] | {"quantity": 3.0}]}),
            ("breaches", {"breaches": [*broken, breach("reserve", "hard", 0, 1.0)]}),
            ("reserve", sent),
        ],
    )


def exporting() -> list[Case]:
    """Half of what there is may leave the country, or five."""
    limit = {"limit": "E", "country": "CN", "resource": "mask"}
    ten = {"shipments": [SHIPPED], "deliveries": [DELIVERED], "shortages": [], "stocks": []}
    return [
        Case(
            f"export {attribute}",
            simple(export_limits=[limit | {attribute: most}]),
            HALF,
            {SHORT: 0.5},
            [(f"export_{attribute}", ten)],
        )
        for attribute, most in (("quantity_max", 5.0), ("share_max", 0.5))
    ]


def pledging() -> Case:
    """Six and eight are promised; ten arrive, so that four of the second are missing."""
    both = [
        {"pledge": f"P{number}", "country": "CN", "recipient_country": "VN", "resource": "mask",
         "quantity": quantity, "period": number}
        for number, quantity in ((1, 6.0), (2, 8.0))
    ]  # fmt: skip
    missing = breach("pledge", "P2", 2, 4.0)
    few = HALF | {"breaches": [breach("pledge", "P2", 2, 8.0)]}
    return Case(
        "pledging",
        simple(pledges=both),
        ALL_SHIPPED | {"breaches": [missing]},
        {("policy", "all"): 0.5},
        [
            ("pledge", {"breaches": []}),
            ("pledge", {"breaches": [missing | {"quantity": 3.0}]}),
            ("breaches", {"breaches": [missing | {"quantity": 5.0}]}),
            ("breaches", {"breaches": [missing | {"quantity": 9.0}]}),
            ("breaches", {"breaches": [missing | {"period": 1}]}),
            ("pledge", few),
        ],
    )


def ordered() -> Case:
    """Four are firmly ordered and two more are not; ten are sent."""
    order = {"lane": "W-H", "resource": "mask", "period": 0}
    orders = [order | {"commitment": "C1", "quantity": 4.0, "firm": True},
              order | {"commitment": "C2", "quantity": 2.0, "firm": False}]  # fmt: skip
    few = {
        "shipments": [SHIPPED | {"quantity": 3.0}],
        "deliveries": [DELIVERED | {"quantity": 3.0}],
        "shortages": [{"demand": "D", "quantity": 7.0}],
        "stocks": [STOCK | {"period": period, "quantity": 7.0} for period in range(3)],
    }
    return Case(
        "ordered",
        simple(commitments=orders),
        ALL_SHIPPED,
        {("changes", "all"): 2.0},
        [("commitment", few), ("value", HALF)],
    )


CASES = [storing(), reserving(), *exporting(), pledging(), ordered()]
