"""Screen 10: people, their roles, their tokens."""
