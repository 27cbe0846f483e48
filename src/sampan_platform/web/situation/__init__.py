"""Screen 3: the map, and beside it the statistics as a pivot with charts."""
