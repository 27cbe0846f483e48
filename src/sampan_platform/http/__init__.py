"""What every API of the platform shares: tokens, problems, pages, safe retries, limits."""
