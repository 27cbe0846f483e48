"""The append-only, double-entry record of stock."""
