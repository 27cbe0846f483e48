"""Screen 10: the operator's page: health, jobs, versions, backups."""
