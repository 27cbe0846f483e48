"""Screen 1: what a person should look at now."""
