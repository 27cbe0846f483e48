"""Sampan's platform: from a filed report to a received shipment, over an incorruptible ledger.

The stages stand in the order of the flow: collect → count → analyse → monitor → dispatch →
track, over catalogue and ledger. Read `flow.py` first.
"""
