"""What was counted at picking, receipt and return, checked line by line. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError, Problem
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.track.models import Fate, OrderLine

ZERO = Decimal(0)
Given = TypeVar("Given", "Counted", "Picked")


@dataclass(frozen=True)
class Picked:
    """How much of a line is there to be shipped."""

    line: int
    quantity: Decimal


@dataclass(frozen=True)
class Counted:
    """What came of a line; what is not named is still on the way."""

    line: int
    good: Decimal = ZERO
    short: Decimal = ZERO
    """Will not come any more."""
    damaged: Decimal = ZERO
    """Written off."""
    quarantined: Decimal = ZERO
    """Damaged or doubtful, kept apart."""
    reason: str = ""

    def total(self) -> Decimal:
        """All of it."""
        return self.good + self.short + self.damaged + self.quarantined

    def is_whole(self) -> bool:
        """Whether all of it came good."""
        return self.total() == self.good


@dataclass(frozen=True)
class Step:
    """A quantity of a line to which something happens."""

    line: OrderLine
    fate: Fate
    quantity: Decimal
    reason: str = ""


def picking(lines: Sequence[OrderLine], picked: Sequence[Picked] | None, reason: str) -> list[Step]:
    """What is withdrawn since it was not there; nothing where everything was picked."""
    if picked is None:
        return []
    asked = _by_number(lines, [(one.line, one) for one in picked])
    steps, problems = [], []
    for line in lines:
        quantity = asked[line.number].quantity if line.number in asked else line.reserved
        problem = _wrong_quantity(line, quantity) or _too_much(line, quantity, line.reserved)
        if problem:
            problems.append(problem)
        elif quantity < line.reserved:
            steps.append(Step(line, Fate.WITHDRAWN, line.reserved - quantity, reason))
    _raise_if(problems)
    if steps and not reason.strip():
        raise InvalidError(gettext("Say why less was picked than ordered."), code="reason-missing")
    if sum((step.quantity for step in steps), ZERO) == sum((one.reserved for one in lines), ZERO):
        raise InvalidError(
            gettext("Nothing was picked. Cancel the order instead."), code="nothing-picked"
        )
    return steps


def receipt(
    lines: Sequence[OrderLine], counted: Sequence[Counted] | None, reason: str
) -> list[Step]:
    """What was received; everything that is on the way where no count is given."""
    if counted is None:
        counted = [Counted(one.number, good=one.in_transit) for one in lines if one.in_transit]
    steps = _steps(lines, counted, Fate.RECEIVED, reason)
    if not steps:
        raise InvalidError(gettext("Nothing was counted. Say what came."), code="nothing-counted")
    return steps


def taking_back(
    lines: Sequence[OrderLine], counted: Sequence[Counted] | None, reason: str
) -> list[Step]:
    """What came back to the origin: all that was on the way, good unless counted otherwise."""
    if counted is None:
        counted = [Counted(one.number, good=one.in_transit) for one in lines if one.in_transit]
    steps = _steps(lines, counted, Fate.RETURNED, reason)
    totals = {one.line: one.total() for one in counted}
    _raise_if(
        [
            Problem(
                "return-incomplete",
                gettext(
                    "Line %(number)s: %(in_transit)s are on the way, %(counted)s are "
                    "accounted for. A return ends the order: count all of it, with what is "
                    "missing as short."
                )
                % {
                    "number": line.number,
                    "in_transit": _plain(line.in_transit),
                    "counted": _plain(totals.get(line.number, ZERO)),
                },
                f"line {line.number}",
            )
            for line in lines
            if totals.get(line.number, ZERO) != line.in_transit
        ]
    )
    return steps


def _steps(
    lines: Sequence[OrderLine], counted: Sequence[Counted], good: Fate, reason: str
) -> list[Step]:
    asked = _by_number(lines, [(one.line, one) for one in counted])
    steps: list[Step] = []
    problems: list[Problem] = []
    for line in lines:
        count = asked.get(line.number)
        if count is None:
            continue
        found = _wrong_count(line, count, reason)
        problems.extend(found)
        if not found:
            steps.extend(_fates(line, count, good, reason))
    _raise_if(problems)
    return steps


def _fates(line: OrderLine, count: Counted, good: Fate, reason: str) -> Iterable[Step]:
    why = count.reason.strip() or reason.strip()
    for fate, quantity in (
        (good, count.good),
        (Fate.SHORT, count.short),
        (Fate.DAMAGED, count.damaged),
        (Fate.QUARANTINED, count.quarantined),
    ):
        if quantity:
            yield Step(line, fate, quantity, "" if fate == good else why)


def _wrong_count(line: OrderLine, count: Counted, reason: str) -> list[Problem]:
    parts = (count.good, count.short, count.damaged, count.quarantined)
    found = [problem for one in parts if (problem := _wrong_quantity(line, one))]
    if found:
        return found
    problem = _too_much(line, count.total(), line.in_transit)
    if problem:
        return [problem]
    if not count.is_whole() and not (count.reason.strip() or reason.strip()):
        return [
            Problem(
                "reason-missing",
                gettext("Line %(number)s: say why it is short or damaged.")
                % {"number": line.number},
                f"line {line.number}",
            )
        ]
    return []


def _wrong_quantity(line: OrderLine, quantity: Decimal) -> Problem | None:
    where = f"line {line.number}"
    try:
        to_thousandths(quantity)
    except ValidationError as error:
        return Problem(
            "quantity",
            gettext("Line %(number)s: %(messages)s")
            % {"number": line.number, "messages": error.messages[0]},
            where,
        )
    if quantity < 0:
        text = gettext("Line %(number)s: %(quantity)s is below zero. Give what was counted.") % {
            "number": line.number,
            "quantity": _plain(quantity),
        }
        return Problem("quantity-negative", text, where, _plain(quantity))
    return None


def _too_much(line: OrderLine, quantity: Decimal, most: Decimal) -> Problem | None:
    if quantity <= most:
        return None
    return Problem(
        "quantity-too-much",
        gettext(
            "Line %(number)s: %(quantity)s are named, and %(most)s are left of it. Name no "
            "more than that; enter a surplus as a stock count of the site."
        )
        % {"number": line.number, "quantity": _plain(quantity), "most": _plain(most)},
        f"line {line.number}",
        _plain(quantity),
    )


def _by_number(lines: Sequence[OrderLine], given: Sequence[tuple[int, Given]]) -> dict[int, Given]:
    """What was given by line number; each line at most once, and only lines that there are."""
    known = {one.number for one in lines}
    found: dict[int, Given] = {}
    problems = []
    for number, one in given:
        where = f"line {number}"
        if number not in known:
            text = gettext("There is no line %(number)s. The order has %(known)s.") % {
                "number": number,
                "known": ", ".join(map(str, sorted(known))),
            }
            problems.append(Problem("unknown-line", text, where))
        elif number in found:
            problems.append(
                Problem(
                    "line-twice",
                    gettext("Line %(number)s is named twice.") % {"number": number},
                    where,
                )
            )
        found[number] = one
    _raise_if(problems)
    return found


def _plain(quantity: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _raise_if(problems: Sequence[Problem]) -> None:
    if problems:
        more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
        raise InvalidError(
            f"{problems[0].message}{more}",
            problems,
            code=problems[0].code,
        )
