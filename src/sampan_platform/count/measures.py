"""Every measure, defined once: pages, exports, alerts and the API all ask here.

A flow is summed over days. A snapshot is never summed over time: of each site and resource the
last value stated within the span counts, and these are added up. What is derived is computed
from such sums, never averaged over averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError


class Kind(StrEnum):
    """How a measure adds up."""

    FLOW = "flow"
    SNAPSHOT = "snapshot"
    RATE = "rate"
    """One sum divided by another; its changes are differences, not ratios."""
    COVER = "cover"
    """A stock divided by a daily use."""


@dataclass(frozen=True)
class Measure:
    """What a statistic is of."""

    code: str
    name_en: str
    name_zh: str
    kind: Kind
    definition: str
    parts: tuple[str, ...]
    """The stored columns that it is computed from."""

    @property
    def is_quantity(self) -> bool:
        """Whether its figures are quantities, in the resources' unit."""
        return self.kind in (Kind.FLOW, Kind.SNAPSHOT)

    @property
    def adds_quantities(self) -> bool:
        """Whether quantities are added on the way: then only those of one unit are."""
        return self.parts != (CAME,)


FLOWS = ("output", "used", "shipped", "received", "need")
SNAPSHOTS = ("stock", "nominal_capacity", "effective_capacity")
REPORTED = ("nominal_capacity", "effective_capacity", "output", "used", "stock", "shipped",
            "received", "need")  # fmt: skip
"""The columns of a report, in its order."""
CAME = "came"
"""That a report came at all, whatever it states."""
UTILISED_OUTPUT = "utilised_output"
"""Output on reports that state effective capacity too."""
UTILISED_CAPACITY = "utilised_capacity"
"""Effective capacity on reports that state output too."""
STORED = (*REPORTED, UTILISED_OUTPUT, UTILISED_CAPACITY, CAME)
"""All columns that the roll-ups hold."""

_SUM = "The sum of what was stated within the span."
_LAST = (
    "Of each site and resource the last value stated within the span, summed over sites and "
    "resources; one that stated nothing within the span does not count."
)


def _flow(code: str, name_en: str, name_zh: str) -> Measure:
    return Measure(code, name_en, name_zh, Kind.FLOW, _SUM, (code,))


def _snapshot(code: str, name_en: str, name_zh: str) -> Measure:
    return Measure(code, name_en, name_zh, Kind.SNAPSHOT, _LAST, (code,))


MEASURES = {
    measure.code: measure
    for measure in (
        _flow("output", "output", "产量"),
        _flow("used", "use", "使用量"),
        _flow("shipped", "shipped", "发出量"),
        _flow("received", "received", "收到量"),
        _flow("need", "need", "需求量"),
        _snapshot("stock", "stock on hand", "库存"),
        _snapshot("nominal_capacity", "nominal capacity", "设计产能"),
        _snapshot("effective_capacity", "effective capacity", "有效产能"),
        Measure(
            "utilisation", "utilisation", "产能利用率", Kind.RATE,
            "Output divided by effective capacity, both summed over the reports that state both.",
            (UTILISED_OUTPUT, UTILISED_CAPACITY),
        ),
        Measure(
            "days_of_cover", "days of cover", "可用天数", Kind.COVER,
            "Stock divided by daily use. Stock is the snapshot at the end of the span. Daily use "
            "is, of each site and resource, the mean over the days that state use within the "
            "window that ends with the span, summed over sites and resources.",
            ("stock", "used"),
        ),
        Measure(
            "reporting_rate", "reporting rate", "填报率", Kind.RATE,
            "Reports that came divided by reports due.",
            (CAME,),
        ),
    )
}  # fmt: skip
"""All measures by code, in the order in which pages show them."""
COVER_WINDOW_DAYS = 14
"""The days over which daily use is averaged unless another window is stated."""


def measure_of(code: str) -> Measure:
    """The measure of that code."""
    if code not in MEASURES:
        raise InvalidError(
            gettext("There is no measure %(code)s. Choose one of %(measures)s.")
            % {"code": f"{code[:40]!r}", "measures": ", ".join(MEASURES)},
            code="unknown-measure",
        )
    return MEASURES[code]
