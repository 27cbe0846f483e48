"""Stage 6: orders from issued to received, posted to the ledger."""
