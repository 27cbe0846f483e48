"""Screen 8: stock cards, lots, where goods went, the audit trail, the proof of the chain."""
