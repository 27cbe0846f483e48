"""Everything that an answer is made from, prepared once for a network and its plan."""

from __future__ import annotations

from functools import cached_property
from typing import NoReturn

from sampan.errors import InputError, Problem
from sampan.explain.flows import Flows
from sampan.explain.limits import Limits
from sampan.explain.spare import Spare
from sampan.explain.words import Words
from sampan.model.numbers import Numbers, numbers
from sampan.network import Network
from sampan.plan import Plan


class Question:
    """A network, its plan, and the language of the answer."""

    def __init__(self, network: Network, plan: Plan, language: str) -> None:
        self.network, self.plan = network, plan
        self.words = Words(network.calendar, language)

    @cached_property
    def n(self) -> Numbers:
        return numbers(self.network)

    @cached_property
    def flows(self) -> Flows:
        return Flows(self.n, self.plan)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.n, self.flows)

    @cached_property
    def spare(self) -> Spare:
        return Spare(self.n, self.flows)

    def site(self, number: int) -> str:
        """A site's key."""
        return self.n.keys["sites"][number]

    def resource(self, number: int) -> str:
        """A resource's key."""
        return self.n.keys["resources"][number]

    def ends(self, lane: str) -> tuple[str, str]:
        """Origin and destination of a lane."""
        row = self.n.keys["lanes"].index(lane)
        return self.site(int(self.n.origin[row])), self.site(int(self.n.destination[row]))


def refuse(table: str, column: str, value: str, message: str, hint: str) -> NoReturn:
    """Something that was asked about is not there."""
    raise InputError([Problem(table, None, column, value, message, hint, "unknown-key")])
