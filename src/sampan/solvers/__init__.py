"""Solver libraries, each behind the same small interface; the only place that imports one."""
