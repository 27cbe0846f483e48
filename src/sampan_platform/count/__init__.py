"""Stage 2: statistics and completeness, each with one definition."""
