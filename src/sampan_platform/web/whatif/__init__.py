"""Screen 9: close a border, lose a factory, double a need; solve, and see the difference."""
