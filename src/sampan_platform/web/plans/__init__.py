"""Screen 6: start a plan, watch it, understand it, change it, approve it."""
