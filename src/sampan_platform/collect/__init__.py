"""Stage 1: reports arrive, are checked, and kept as sent."""
