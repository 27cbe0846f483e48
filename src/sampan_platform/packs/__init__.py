"""Fields of cooperation: catalogue, units, lane rules and examples for each."""
