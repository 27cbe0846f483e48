"""Stage 3: demand and forecasts, from use, need and requests."""
