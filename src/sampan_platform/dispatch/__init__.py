"""Stage 5: network, scenario, plan, review, approval, orders."""
