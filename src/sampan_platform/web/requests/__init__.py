"""Screen 5: who asks for what, and what competes with it."""
