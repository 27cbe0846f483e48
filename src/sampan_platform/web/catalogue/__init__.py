"""Screen 10: sites, items, lanes and all that networks are made of."""
