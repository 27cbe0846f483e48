"""What the scripts that make the examples share: tables as rows, distances, dated figures."""
