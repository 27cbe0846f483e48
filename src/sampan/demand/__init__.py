"""Need from an epidemic: case counts in, daily needs by item out, every figure traceable.

The way is `forecast_cases` (the near future, with its interval) → `needs` (severity split,
stays, coefficients) → `to_demands` (rows of the table `demands`). `backtest` says how far
such forecasts were off, and how often their intervals held.
"""

from sampan.demand.cases import EpidemicParameters
from sampan.demand.coefficients import BASES, read_coefficients
from sampan.demand.forecast import backtest, forecast_cases
from sampan.demand.needs import caseload, needs
from sampan.demand.rows import to_demands

__all__ = [
    "BASES",
    "EpidemicParameters",
    "read_coefficients",
    "forecast_cases",
    "backtest",
    "caseload",
    "needs",
    "to_demands",
]
