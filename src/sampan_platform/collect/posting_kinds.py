"""The kinds of movements that reports make, and the flags that the ledger gives reports."""

OUTPUT, USE, COUNT = "report-output", "report-use", "report-count"
OTHER_END = {OUTPUT: "production", USE: "use", COUNT: "adjustment"}
BELOW_ZERO, DIFFERS, HELD = "below-zero", "stock-differs", "lot-held"
LEDGER_FLAGS = (BELOW_ZERO, DIFFERS, HELD)
