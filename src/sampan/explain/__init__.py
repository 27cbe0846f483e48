"""Why this shortage, why this shipment, and what relieving a limit is worth.

>>> from sampan.testing import two_hospitals
>>> from sampan.solve import solve
>>> network = two_hospitals()
>>> print(explain(network, solve(network), demand="N").headline)
north is short of 5 mask on day 1 (2020-02-11), 50 % of demand N (priority 1), because:
"""

from sampan.explain.answer import explain
from sampan.explain.result import Explanation, Reason

__all__ = ["Explanation", "Reason", "explain"]
