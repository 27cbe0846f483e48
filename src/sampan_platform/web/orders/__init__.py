"""Screen 7: orders by state, one order's course, papers to print, receipt."""
