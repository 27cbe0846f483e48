"""Stage 4: rules, alerts, and the people they reach."""
