"""Screen 2: a reporter's day: the table, a file, and what came of them."""
