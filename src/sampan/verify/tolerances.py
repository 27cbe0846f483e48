"""How exact a plan must be. Every tolerance of `verify` stands here, with its reason."""

from __future__ import annotations

import polars as pl

QUANTITY = 1e-10
"""Share of a row's largest term, or of the resource's typical quantity where that is more.

Sums of 64-bit floats are good to some 1e-14 of their terms; one unit among 1e9 is 1e-9 of them.
In between, this forgives rounding, and a row written with ten digits, and sees one unit."""
TERM_MAX = 1e3
"""Terms count as at most this many times the typical quantity, so that a plan cannot widen its
own tolerance by sending absurd quantities in a ring."""
COUNTABLE = 2.0**53
"""From here on a float cannot count single units; such a quantity is refused."""
VALUE = 1e-9
"""Share of the terms of a stage's value by which the stated value may be off."""
VALUE_LEAST = 1e-12
"""The same where all terms are next to nothing; values of shares are around 1."""
BOUND = 1e-9
"""Share of a stage's value by which its stated bound may exceed what the prices prove."""
BOUND_ROUNDING = 1e-13
"""Share of all terms in a bound by which it may be off for the rounding of its sum."""
REDUCED_COST = 1e-11
"""A reduced cost is rounding if it is below this share of its terms. Only where a variable has no
upper bound is it then taken for zero; anywhere else it counts as it is."""
PRICE = 1e-12
"""Share of a stage's largest price of the rule by which an inequality's price may be negative."""
GAP = 1e-9
"""Relative difference, or absolute below 1, of a stated gap to that of the stated numbers."""


def allowance(magnitude: pl.Expr, typical: pl.Expr) -> pl.Expr:
    """How far a row of terms up to `magnitude`, of a resource with this typical quantity, may err.

    Both, and the result, are in the row's unit.
    """
    capped = pl.min_horizontal(magnitude, typical * TERM_MAX)
    return QUANTITY * pl.max_horizontal(capped, typical)
