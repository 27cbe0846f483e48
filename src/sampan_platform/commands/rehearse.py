"""`sampan load`: an example, lived through on the platform."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import sampan
from sampan_platform.commands.running import Refused, parser
from sampan_platform.packs.accounts import accounts
from sampan_platform.people.models import Organisation

HISTORY_DAYS = 18
LIVE_DAYS = 3
LOOK_AHEAD_DAYS = 7
WORK_BEGINS = time(8, 30)


def load(arguments: Sequence[str]) -> int:
    """Organisations that report day by day, and the whole cycle for the last days."""
    asked = parser("load", "Load an example as organisations that report day by day.")
    asked.add_argument("example", metavar="EXAMPLE", help="its folder, or its name in examples/")
    asked.add_argument("--history", type=int, default=HISTORY_DAYS, metavar="DAYS")
    asked.add_argument("--live", type=int, default=LIVE_DAYS, metavar="DAYS",
                       help="days with the whole cycle after that")  # fmt: skip
    asked.add_argument("--ahead", type=int, default=LOOK_AHEAD_DAYS, metavar="DAYS",
                       help="how far each plan looks ahead")  # fmt: skip
    given = asked.parse_args(arguments)
    folder = _folder(given.example)
    if Organisation.objects.exists():
        raise Refused(
            "there are organisations already, and an example must not mix with them. "
            "Use another SAMPAN_HOME (or SAMPAN_DATABASE) for it."
        )
    network = sampan.read_network(folder)
    password = os.environ.get("SAMPAN_DEMO_PASSWORD") or secrets.token_urlsafe(9)
    began = monotonic()

    def tell(text: str) -> None:
        print(f"{monotonic() - began:6.1f} s  {text}", flush=True)

    _live_through(network, password, given.history, given.live, given.ahead, tell)
    _set_the_clock(network, given.live)
    print(f"\nDemo accounts, all with the password {password}")
    for one in accounts(network):
        print(f"  {one.username:12} {one.does}")
    return 0


def _live_through(
    network: sampan.Network,
    password: str,
    history: int,
    live: int,
    ahead: int,
    tell: Callable[[str], None],
) -> None:
    from sampan_platform import flow
    from sampan_platform.ledger import services as ledger
    from sampan_platform.packs.loading import Stage

    stage = Stage(network, tell)
    crew = stage.set_up(password)
    stage.history(crew.coordinator, history)
    for number in range(live):
        day = network.calendar.start + timedelta(days=number)
        tell(f"── {day} ──")
        flow.cycle(
            day,
            stage.scope,
            crew,
            partial(stage.reports, number),
            days=ahead,
            tell=lambda part, words: tell(f"{part:9} {words}"),
        )
    tell(f"The ledger is {ledger.prove()}")


def _set_the_clock(network: sampan.Network, live: int) -> None:
    """From now on the platform lives in the morning after the last day; its pages say so."""
    from sampan_platform import settings

    morning = datetime.combine(
        network.calendar.start + timedelta(days=live), WORK_BEGINS, ZoneInfo(settings.TIME_ZONE)
    )
    offset = morning - datetime.now(UTC)
    (settings.HOME / "rehearsal-clock").write_text(f"{offset.total_seconds():.0f}\n", "ascii")


def _folder(name: str) -> Path:
    """The example's folder: as named, or beside this checkout's source."""
    for place in (Path(name), Path("examples") / name,
                  Path(__file__).parents[3] / "examples" / name):  # fmt: skip
        if (place / "network.toml").is_file():
            return place
    raise Refused(f"there is no example {name}: no folder of that name holds network.toml.")
